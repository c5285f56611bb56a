import type { AsyncKeyValue, CapabilityMethods, CollectionOptions } from "../core/protocol.ts";
import { type AtomicKeyValue, requireStore } from "../core/requirements.ts";
import { supports } from "../core/store.ts";
import { rateLimit } from "../rate-limit.ts";
import { requireConsistency, type SessionStoreOptions, withoutIds } from "./internal/sessions.ts";

export type { SessionStoreOptions } from "./internal/sessions.ts";

/** The part of better-auth's `SecondaryStorage` that any store can implement. */
export interface BetterAuthBasicStorage {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttl?: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** better-auth's `SecondaryStorage`. */
export interface BetterAuthStorage extends BetterAuthBasicStorage {
  /** Reads a value and removes it in one step: only one caller can use a one-time token. */
  getAndDelete(key: string): Promise<string | null>;
  /** Adds 1 to a counter and returns the sum. `ttl`, in seconds, starts with the counter's first increment. */
  increment(key: string, ttl: number): Promise<number>;
}

/** The `customStorage` of better-auth's rate limit. */
export interface BetterAuthRateLimit {
  /** Counts a request if it is allowed. Times are in seconds; `retryAfter` is `null` for a request that is allowed. */
  consume(
    key: string,
    rule: { readonly window: number; readonly max: number },
  ): Promise<{ allowed: boolean; retryAfter: number | null }>;
}

/** Takes the place of an ended session: a request that read the session earlier cannot write it back. */
interface Ended {
  readonly ended: true;
}

type Stored = string | number | Ended;

/** How many seconds an {@link Ended} mark stays: far longer than a request takes. */
const ENDED_TTL = 300;

/**
 * Makes better-auth's `secondaryStorage` from a store: it keeps sessions, one-time tokens and rate limits.
 *
 * better-auth wants an atomic `getAndDelete` and `increment`. The result has both if the store has `swap`, and neither
 * otherwise. With `swap`, an ended session also stays ended: an empty mark takes its place for five minutes, and a write
 * by a request that read the session earlier is dropped. A TTL of 0 or less removes the entry.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent and `allowEventual` is not set.
 * @example
 * ```ts
 * import { betterAuth } from "better-auth";
 * import { env } from "cloudflare:workers";
 * import { durableObjectStore } from "edge-key-value/adapters/durable-object";
 * import { betterAuthStorage } from "edge-key-value/interop/better-auth";
 *
 * export const auth = betterAuth({
 *   secondaryStorage: betterAuthStorage(durableObjectStore(env.STORE)),
 *   emailAndPassword: { enabled: true },
 * });
 * ```
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
    set: (key, value, ttl) => (isExpired(ttl) ? remove(key) : store.put(key, value, { collection, ttl })),
    delete: remove,
  };
  if (!supports(store, "swap")) return withoutIds(basic);

  return withoutIds<BetterAuthStorage>({
    ...basic,
    async set(key, value, ttl) {
      if (isExpired(ttl)) return remove(key);
      // better-auth never reuses a session's token. It may reuse any other key, so those get no mark.
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

/**
 * Makes the `customStorage` of better-auth's rate limit from a store. Use it next to {@link betterAuthStorage}.
 *
 * Each request is one atomic call, which counts it and decides. The window slides: in no `window` seconds are more than
 * `max` requests allowed, and a refused request learns exactly when to come back. The collection is
 * `"better-auth-rate-limits"` unless `collection` names another.
 *
 * The store must have atomic operations: Durable Objects or Redis, or memory in one process.
 *
 * @throws KeyValueError `misconfigured` when the store has no atomic operations.
 * @example
 * ```ts
 * import { betterAuth } from "better-auth";
 * import { memoryStore } from "edge-key-value";
 * import { betterAuthRateLimit, betterAuthStorage } from "edge-key-value/interop/better-auth";
 *
 * const store = memoryStore();
 * export const auth = betterAuth({
 *   secondaryStorage: betterAuthStorage(store),
 *   rateLimit: { enabled: true, customStorage: betterAuthRateLimit(store) },
 *   advanced: { ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] } },
 * });
 * ```
 */
export function betterAuthRateLimit(
  store: AtomicKeyValue,
  { collection = "better-auth-rate-limits" }: CollectionOptions = {},
): BetterAuthRateLimit {
  requireStore(store, "betterAuthRateLimit", { atomic: true });
  return {
    async consume(key, { window, max }) {
      if (max < 1) return { allowed: false, retryAfter: window };
      const limit = Math.min(Math.floor(max), Number.MAX_SAFE_INTEGER);
      const { allowed, retryAfter } = await rateLimit(store, key, { limit, window, collection });
      return { allowed, retryAfter: allowed ? null : retryAfter };
    },
  };
}

function isExpired(ttl: number | undefined): boolean {
  return ttl !== undefined && ttl <= 0;
}

function isEnded(value: Stored | null): boolean {
  return typeof value === "object" && value !== null;
}

function textOf(value: Stored | null): string | null {
  return value === null || typeof value === "object" ? null : `${value}`;
}

/** Whether a value is a session: better-auth stores it as JSON, with the token as its key. */
function isSession(key: string, value: Stored | null): boolean {
  if (typeof value !== "string") return false;
  try {
    return (JSON.parse(value) as { session?: { token?: unknown } } | null)?.session?.token === key;
  } catch {
    return false;
  }
}
