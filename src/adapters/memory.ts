import { count } from "../core/checks.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { memoryDriver } from "./memory/driver.ts";

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions extends StoreOptions {
  /**
   * The most entries to hold, over all collections. A write beyond it removes expired entries first, then the least recently
   * used ones. Default: no limit.
   */
  readonly maxEntries?: number | undefined;
  /**
   * The most bytes to hold, over all collections. A write beyond it removes entries as `maxEntries` does; a single entry that
   * is larger fails with code `too_large`. The size of an entry is that of the JSON `[collection, key, value]` in UTF-8. The
   * engine takes more memory than that: measure it with your own values. Default: no limit.
   */
  readonly maxBytes?: number | undefined;
}

/**
 * Makes a store in the memory of this process or isolate.
 *
 * | | |
 * |---|---|
 * | Consistency | strong, within the store object |
 * | Limits | memory, or `maxEntries` and `maxBytes` |
 * | Calls per operation | none |
 * | Stores | values, never references to the caller's objects |
 *
 * It starts no timer. Each write removes up to two expired entries, so memory stays bounded even if nobody reads. A page
 * without a `limit` has at most 1,000 names.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 *
 * const store = memoryStore({ maxEntries: 10_000 });
 * await store.put("user:1", { name: "Alice" }, { collection: "users", ttl: 3600 });
 * await store.get("user:1", { collection: "users" }); // => { name: "Alice" }
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store<Capability> {
  count(options.maxEntries, "maxEntries");
  count(options.maxBytes, "maxBytes");
  return createStore(memoryDriver(options), options);
}
