import type { AsyncKeyValue } from "../core/protocol.ts";

/** Options of {@link toAsyncStorage}. */
export interface AsyncStorageOptions {
  /** The collection to keep items in. Default: `"async-storage"`. */
  readonly collection?: string | undefined;
  /** Seconds that an item lives after it was last set. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/** The browser's `localStorage`, with promises. */
export interface AsyncStorage<V = string> {
  getItem(key: string): Promise<V | null>;
  setItem(key: string, value: V): Promise<void>;
  removeItem(key: string): Promise<void>;
}

/**
 * Makes a `localStorage` with promises from a store: `getItem`, `setItem` and `removeItem`.
 *
 * Sessions of Astro, persisters of TanStack Query and sign-ins of Supabase take it. They pass no TTL: name one here, or items
 * stay for ever. An item may be any JSON value.
 *
 * Any store will do. For sessions, use a strongly consistent one: on any other, a session that has ended stays valid for a
 * while.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toAsyncStorage } from "edge-key-value/interop/async-storage";
 *
 * const storage = toAsyncStorage(memoryStore(), { collection: "sessions", ttl: 14 * 86_400 });
 * await storage.setItem("id", "data");
 * ```
 */
export function toAsyncStorage<V = string>(
  store: AsyncKeyValue,
  { collection = "async-storage", ttl }: AsyncStorageOptions = {},
): AsyncStorage<V> {
  return {
    getItem: (key) => store.get<V>(key, { collection }),
    setItem: (key, value) => store.put(key, value, { collection, ttl }),
    async removeItem(key) {
      await store.delete(key, { collection });
    },
  };
}
