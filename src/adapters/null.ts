import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";

/**
 * Makes a store that keeps nothing: every write succeeds, and every read finds nothing. Use it to switch a cache off.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: no read ever sees a write, so nothing stronger can be promised |
 * | Limits | none |
 * | Calls per operation | none |
 * | Stores | nothing |
 *
 * It checks arguments and values like any other store. It can list, destroy and cull, but it has no atomic operations:
 * `putIfAbsent` would tell every caller that it was the first.
 *
 * @example
 * ```ts
 * import { nullStore } from "edge-key-value/adapters/null";
 *
 * const store = nullStore();
 * await store.put("k", 1);
 * await store.get("k"); // => null
 * ```
 */
export function nullStore(options?: StoreOptions): Store<Exclude<Capability, "swap">> {
  return createStore(
    {
      name: "null",
      consistency: "eventual",
      read: (_, keys) => keys.map(() => undefined),
      write: () => {},
      remove: () => 0,
      listKeys: () => ({ names: [] }),
      listCollections: () => ({ names: [] }),
      destroyCollection: () => false,
      destroy: () => false,
      cull: () => 0,
    },
    options,
  );
}
