import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";

/**
 * A store that keeps nothing: every write succeeds and is forgotten. For tests, and to switch a cache off.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: no read ever sees a write, so nothing stronger can be promised |
 * | Limits | none |
 * | Calls per operation | none |
 * | Stores | nothing |
 *
 * Arguments and values are checked as by any other store. It lists, destroys and culls, since that is true of nothing
 * as well; it has no atomic operations, because `putIfAbsent` would tell every caller that it was the first.
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
