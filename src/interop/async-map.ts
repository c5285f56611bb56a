import type { AsyncKeyValue } from "../core/protocol.ts";

/** Options of {@link toAsyncMap}. */
export interface AsyncMapOptions {
  /** The collection to keep entries in. Default: `"async-map"`. */
  readonly collection?: string | undefined;
  /** Seconds that an entry lives after it was last set. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/** The core of a `Map`, with promises. */
export interface AsyncMap<V> {
  get(key: string): Promise<V | undefined>;
  has(key: string): Promise<boolean>;
  set(key: string, value: V): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/**
 * Makes a `Map` with promises from a store: `get`, `has`, `set` and `delete`, for packages that memoize in such a map.
 *
 * Keys are strings, and values any JSON value but `null`. Any store will do.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toAsyncMap } from "edge-key-value/interop/async-map";
 *
 * const map = toAsyncMap<{ plan: string }>(memoryStore(), { ttl: 60 });
 * await map.set("ann", { plan: "free" });
 * ```
 */
export function toAsyncMap<V>(
  store: AsyncKeyValue,
  { collection = "async-map", ttl }: AsyncMapOptions = {},
): AsyncMap<V> {
  return {
    get: async (key) => (await store.get<V>(key, { collection })) ?? undefined,
    has: async (key) => (await store.get(key, { collection })) !== null,
    set: (key, value) => store.put(key, value, { collection, ttl }),
    delete: (key) => store.delete(key, { collection }),
  };
}
