import type { AsyncKeyValue, CapabilityMethods } from "../core/protocol.ts";
import { supports } from "../core/store.ts";
import { requireConsistency, type SessionStoreOptions, withoutIds } from "./internal/sessions.ts";

export type { SessionStoreOptions } from "./internal/sessions.ts";

/** The part of better-auth's `SecondaryStorage` that any store can be. */
export interface BetterAuthBasicStorage {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttl?: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** better-auth's `SecondaryStorage`. */
export interface BetterAuthStorage extends BetterAuthBasicStorage {
  /** Reads a value and removes it in one step: one-time tokens are good for one caller. */
  getAndDelete(key: string): Promise<string | null>;
  /** Adds one to a counter and gives the sum; `ttl`, in seconds, counts from its start. */
  increment(key: string, ttl: number): Promise<number>;
}

/** Lies where a session has ended, so that a request which read it before cannot write it back. */
interface Ended {
  readonly ended: true;
}

type Stored = string | number | Ended;

/** Seconds for which the writing back of an ended session is refused: far longer than any request takes. */
const ENDED_TTL = 300;

/**
 * Keeps the sessions, one-time tokens and rate limits of better-auth in a store: its `secondaryStorage`.
 *
 * ```ts
 * betterAuth({ secondaryStorage: betterAuthStorage(store) });
 * ```
 *
 * better-auth asks for an atomic `getAndDelete` and `increment`; of a store without `swap` the result has neither.
 * With `swap`, a session that has ended stays ended: for five minutes an empty mark lies in its place, and what a
 * request that read it before writes back is dropped. A TTL of 0 or less removes.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 */
export function betterAuthStorage(
  store: AsyncKeyValue & Pick<CapabilityMethods, "take" | "update" | "increment">,
  options?: SessionStoreOptions,
): BetterAuthStorage;
export function betterAuthStorage(store: AsyncKeyValue, options?: SessionStoreOptions): BetterAuthBasicStorage;
export function betterAuthStorage(
  store: AsyncKeyValue,
  options: SessionStoreOptions = {},
): BetterAuthBasicStorage & Partial<BetterAuthStorage> {
  requireConsistency(store, options);
  const { collection = "better-auth" } = options;

  async function remove(key: string): Promise<void> {
    await store.delete(key, { collection });
  }
  const basic: BetterAuthBasicStorage = {
    get: async (key) => textOf(await store.get<Stored>(key, { collection })),
    set: (key, value, ttl) => (isOver(ttl) ? remove(key) : store.put(key, value, { collection, ttl })),
    delete: remove,
  };
  if (!supports(store, "swap")) return withoutIds(basic);

  return withoutIds<BetterAuthStorage>({
    ...basic,
    async set(key, value, ttl) {
      if (isOver(ttl)) return remove(key);
      // Only the token of a session is never used again; another key may come back after it was deleted.
      if (!isSession(key, value)) return basic.set(key, value, ttl);
      await store.update<Stored>(key, (there) => (isEnded(there) ? undefined : value), { collection, ttl });
    },
    async delete(key) {
      const ended: Ended = { ended: true };
      const change = (there: Stored | null) => (isEnded(there) ? undefined : isSession(key, there) ? ended : null);
      await store.update<Stored>(key, change, { collection, ttl: ENDED_TTL });
    },
    getAndDelete: async (key) => textOf(await store.take<Stored>(key, { collection })),
    increment: (key, ttl) => store.increment(key, 1, { collection, ttl }),
  });
}

function isOver(ttl: number | undefined): boolean {
  return ttl !== undefined && ttl <= 0;
}

function isEnded(value: Stored | null): boolean {
  return typeof value === "object" && value !== null;
}

function textOf(value: Stored | null): string | null {
  return value === null || typeof value === "object" ? null : `${value}`;
}

/** better-auth keeps a session as JSON under its token. */
function isSession(key: string, value: Stored | null): boolean {
  if (typeof value !== "string") return false;
  try {
    return (JSON.parse(value) as { session?: { token?: unknown } } | null)?.session?.token === key;
  } catch {
    return false;
  }
}
