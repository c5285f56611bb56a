import type { AsyncKeyValue } from "../core/protocol.ts";
import { toDriver } from "../core/store.ts";
import { ttlOf } from "./internal/lifetimes.ts";

/** Options of {@link toOcacheStorage}. */
export interface OcacheOptions {
  /** The collection to keep entries in. Default: `"ocache"`. */
  readonly collection?: string | undefined;
}

/** The storage of ocache, and of Nitro's cached functions and handlers. */
export interface OcacheStorage {
  get<T = unknown>(key: string): Promise<T | null>;
  /** `ttl` is in seconds. The value `null` removes the key. */
  set<T = unknown>(key: string, value: T, options?: { readonly ttl?: number }): Promise<void>;
  /** The most bytes that the store takes for a value, where it has a limit. */
  readonly maxEntryBytes?: number;
}

/**
 * Makes ocache's storage for cached functions and handlers from a store.
 *
 * Entries leave the store when ocache would no longer use them. ocache does not read a response that is too large for the
 * store. Values must be JSON; ocache keeps binary responses as base64.
 *
 * Any store will do. On an eventually consistent one, an invalidated value may come back for a while.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toOcacheStorage } from "edge-key-value/interop/ocache";
 * import { defineCachedFunction } from "ocache";
 *
 * const storage = toOcacheStorage(memoryStore());
 * const rate = defineCachedFunction(async (currency: string) => ({ currency, rate: 1.1 }), { storage, maxAge: 60 });
 * ```
 */
export function toOcacheStorage(store: AsyncKeyValue, { collection = "ocache" }: OcacheOptions = {}): OcacheStorage {
  const maxEntryBytes = toDriver(store).limits?.valueBytes;
  return {
    get: (key) => store.get(key, { collection }),
    async set(key, value, options) {
      if (value === null || value === undefined) await store.delete(key, { collection });
      else await store.put(key, storable(value), { collection, ttl: ttlOf(options?.ttl || undefined) });
    },
    ...(maxEntryBytes !== undefined && { maxEntryBytes }),
  };
}

/** An entry of ocache without the `expires` of one that never does, which JSON cannot hold. ocache finds it anew on each read. */
function storable(entry: unknown): unknown {
  const { expires, ...others } = Object(entry) as { readonly expires?: unknown };
  return expires === Number.POSITIVE_INFINITY ? others : entry;
}
