import type { AsyncKeyValue } from "../core/protocol.ts";
import { ttlOf } from "./internal/lifetimes.ts";

/** Options of {@link toApolloCache}. */
export interface ApolloCacheOptions {
  /** The collection to keep values in. Default: `"apollo"`. */
  readonly collection?: string | undefined;
  /** Seconds that a value lives when Apollo names no `ttl`. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/** The `KeyValueCache` of Apollo Server and its data sources. */
export interface ApolloCache {
  get(key: string): Promise<string | undefined>;
  /** `ttl` is in seconds; `null` and 0 stand for none. */
  set(key: string, value: string, options?: { readonly ttl?: number | null }): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/**
 * Makes a `KeyValueCache` from a store: the `cache` of Apollo Server and its data sources.
 *
 * Any store will do. On an eventually consistent one, a deleted value may come back for a while.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toApolloCache } from "edge-key-value/interop/apollo";
 *
 * const cache = toApolloCache(memoryStore(), { ttl: 3600 });
 * await cache.set("apq:hash", "query { me }");
 * ```
 */
export function toApolloCache(
  store: AsyncKeyValue,
  { collection = "apollo", ttl: defaultTtl }: ApolloCacheOptions = {},
): ApolloCache {
  return {
    get: async (key) => (await store.get<string>(key, { collection })) ?? undefined,
    set: (key, value, options) => store.put(key, value, { collection, ttl: ttlOf(options?.ttl || defaultTtl) }),
    delete: (key) => store.delete(key, { collection }),
  };
}
