import type { AsyncKeyValue, CapabilityMethods } from "../../core/protocol.ts";
import { requireStore } from "../../core/requirements.ts";
import { supports } from "../../core/store.ts";

/** A store that can count. */
export type CountingStore = AsyncKeyValue & Pick<CapabilityMethods, "increment" | "update">;

/** What a rate limiter learns about a client. */
export interface Hits {
  totalHits: number;
  /** When the client's window ends. */
  resetTime: Date;
}

/** The methods that `express-rate-limit` and `hono-rate-limiter` have in common. */
export interface HitStore {
  /** Sets apart the keys of several limiters on one route. */
  readonly prefix: string;
  /** `false`: all processes count together. */
  readonly localKeys: false;
  init(options: { readonly windowMs: number }): void;
  get(key: string): Promise<Hits | undefined>;
  increment(key: string): Promise<Hits>;
  /** Takes a hit back. Does nothing once the window has ended. */
  decrement(key: string): Promise<void>;
  resetKey(key: string): Promise<void>;
  /** Forgets all clients. Only if the store can remove a collection. */
  resetAll?(): Promise<void>;
}

/** The most windows whose end is remembered. */
const REMEMBERED = 10_000;

/** Counts hits in fixed windows, which begin with the first hit of a client. Each hit is one atomic call. */
export function hitStore(store: CountingStore, bridge: string, collection: string): HitStore {
  requireStore(store, bridge, { atomic: true });
  let windowMs = 60_000;
  /**
   * When windows end, so that a hit costs no second call: `increment` does not say. Whoever counts the first hit knows;
   * others read it once in a window.
   */
  const ends = new Map<string, number>();

  function remember(key: string, end: number): number {
    ends.delete(key);
    ends.set(key, end);
    if (ends.size > REMEMBERED) ends.delete(ends.keys().next().value as string);
    return end;
  }

  async function read(key: string): Promise<Hits | undefined> {
    const found = await store.ttl<number>(key, { collection });
    if (!found) return undefined;
    const end = Date.now() + (found.ttl === null ? windowMs : found.ttl * 1000);
    return { totalHits: found.value, resetTime: new Date(remember(key, end)) };
  }

  async function endOf(key: string, totalHits: number): Promise<number> {
    const known = ends.get(key) ?? 0;
    if (known > Date.now()) return known;
    const found = totalHits > 1 ? await read(key) : undefined;
    return found ? found.resetTime.getTime() : remember(key, Date.now() + windowMs);
  }

  return {
    prefix: `${collection}:`,
    localKeys: false,
    init(options) {
      windowMs = options.windowMs;
    },
    get: read,
    async increment(key) {
      const totalHits = await store.increment(key, 1, { collection, ttl: windowMs / 1000 });
      return { totalHits, resetTime: new Date(await endOf(key, totalHits)) };
    },
    async decrement(key) {
      await store.update<number>(key, (hits) => (hits === null || hits <= 0 ? undefined : hits - 1), { collection });
    },
    async resetKey(key) {
      ends.delete(key);
      await store.delete(key, { collection });
    },
    ...(supports(store, "destroyCollection") && {
      async resetAll() {
        ends.clear();
        await store.destroyCollection({ collection });
      },
    }),
  };
}
