import type { Recaller } from "../recaller.ts";
import type { Slot } from "../slot.ts";
import { isVaryIndex, type VaryIndex, variantKey } from "./variants.ts";

/** Where the response for a request is. */
export interface Place {
  /** The key of the URL. */
  readonly base: string;
  /** The key of the response: the same, or that of a variant. */
  readonly key: string;
  /** The request headers that the key depends on. */
  readonly vary: readonly string[];
  /** That of the index which names those headers. */
  readonly salt?: string | undefined;
  /** What is there; nothing when the store fails. */
  readonly slot: Slot | undefined;
}

/** The most URLs whose `Vary` an isolate remembers. */
const MOST_HINTS = 1000;

export interface Places {
  /** The place of the response that a request gets. */
  locate(base: string, request: Request): Promise<Place>;
  /** Remembers what a URL varies by. */
  remember(base: string, index: VaryIndex): void;
}

/** Finds places. An isolate remembers what each URL varies by, so a hit is one bulk read. */
export function placesIn({ find }: Pick<Recaller, "find">): Places {
  const hints = new Map<string, VaryIndex>();

  function remember(base: string, { vary, salt }: VaryIndex): void {
    hints.delete(base);
    hints.set(base, { vary, salt });
    if (hints.size > MOST_HINTS) hints.delete(hints.keys().next().value as string);
  }

  return {
    async locate(base, request) {
      const hint = hints.get(base);
      const hinted = hint && (await variantKey(base, hint, request));
      const slots = await find(hinted ? [base, hinted] : [base]);
      const index = slots?.[0]?.result?.value;
      if (!isVaryIndex(index)) return { base, key: base, vary: [], slot: slots?.[0] };
      remember(base, index);
      const isRight = hinted !== undefined && index.salt === hint?.salt;
      const key = isRight ? hinted : await variantKey(base, index, request);
      return { base, key, vary: index.vary, salt: index.salt, slot: isRight ? slots?.[1] : (await find([key]))?.[0] };
    },
    remember,
  };
}
