import { isRecord, type ResponseRecord } from "../caching/http/records.ts";
import { KeyValueError } from "../core/errors.ts";
import type { AsyncKeyValue, CapabilityMethods } from "../core/protocol.ts";

/** A store that can claim a key for one of many callers. */
export type ClaimingStore = AsyncKeyValue & Pick<CapabilityMethods, "putIfAbsent" | "update">;

/** What is stored under a key: who runs the request, or the response it ended with. */
type State = Running | Finished;

interface Running {
  readonly fingerprint: string;
  readonly attempt: string;
}

interface Finished {
  readonly fingerprint: string;
  /** `null` when the response could not be stored. */
  readonly response: ResponseRecord | null;
}

/** The run of a request that has the key. */
export interface Attempt {
  /** Keeps the key for another lease. */
  renew(): Promise<unknown>;
  /** Stores the response for every retry; `null` means that it could not be stored. */
  finish(response: ResponseRecord | null): Promise<unknown>;
  /** Gives the key back, so that a retry runs. */
  abandon(): Promise<unknown>;
}

/** What a request finds under its key. */
export type Found =
  | { readonly state: "free"; readonly attempt: Attempt }
  | { readonly state: "running" }
  | { readonly state: "reused" }
  | { readonly state: "finished"; readonly response: ResponseRecord | null };

/** How keys are kept. */
export interface Keeping {
  readonly collection: string;
  /** Seconds for which responses are stored. */
  readonly ttl: number;
  /** Seconds after which an attempt that has not renewed its claim counts as crashed. */
  readonly lease: number;
}

/** How often to try a claim: the other attempt may end between two calls. */
const TRIES = 3;

/**
 * Claims a key for this request, or returns what another request left there.
 *
 * @param undoing Gets the work of giving a key back whose claim has failed. It never rejects.
 */
export async function claim(
  store: ClaimingStore,
  key: string,
  fingerprint: string,
  { collection, ttl, lease }: Keeping,
  undoing: (work: Promise<unknown>) => void,
): Promise<Found> {
  const attempt = crypto.randomUUID();
  const running: Running = { fingerprint, attempt };
  /** Changes the state as long as this attempt still has the key: after a pause another one may have taken over. */
  const change = (next: State | null, life: number | undefined) =>
    store.update<State>(key, (state) => (isState(state) && attemptOf(state) === attempt ? next : undefined), {
      collection,
      ttl: life,
    });

  async function isFirst(): Promise<boolean> {
    try {
      return await store.putIfAbsent(key, running, { collection, ttl: lease });
    } catch (error) {
      // The claim may have happened, and would refuse all retries until its lease ends.
      undoing(change(null, undefined).catch(() => {}));
      throw error;
    }
  }

  for (let tries = 0; tries < TRIES; tries++) {
    if (await isFirst()) {
      return {
        state: "free",
        attempt: {
          renew: () => change(running, lease),
          finish: (response) => change({ fingerprint, response }, ttl),
          abandon: () => change(null, undefined),
        },
      };
    }
    // An update that changes nothing is a read past every cache.
    const state = await store.update<State>(key, () => undefined, { collection });
    if (state === null) continue;
    if (!isState(state)) {
      throw new KeyValueError("wrong_kind", "the value under an idempotency key is of another kind", { collection });
    }
    if (state.fingerprint !== fingerprint) return { state: "reused" };
    return "response" in state ? { state: "finished", response: state.response } : { state: "running" };
  }
  return { state: "running" };
}

function attemptOf(state: State): string | undefined {
  return "attempt" in state ? state.attempt : undefined;
}

function isState(value: unknown): value is State {
  const { fingerprint, attempt, response } = Object(value) as Partial<Running & Finished>;
  if (typeof fingerprint !== "string") return false;
  return typeof attempt === "string" || response === null || isRecord(response);
}
