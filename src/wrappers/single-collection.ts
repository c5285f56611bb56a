import { type AsyncKeyValue, remap, type Wrapped, wrap } from "../combinators/index.ts";
import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";

/**
 * Makes a store that keeps all its collections in one of the store underneath: `user:1` of `users` is `users::user:1` there.
 *
 * `destroy`, `destroyCollection` and `listCollections` are gone, since they would have to go through every key there.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { singleCollection } from "edge-key-value/wrappers/single-collection";
 *
 * const store = singleCollection(memoryStore(), "everything");
 * await store.put("1", { name: "Alice" }, { collection: "users" });
 * ```
 */
export function singleCollection<S extends AsyncKeyValue>(
  store: S,
  collection: string,
): Wrapped<S, "destroy" | "destroyCollection" | "listCollections"> {
  string(collection, "collection");
  const headOf = (own: string) => joinAddress(own, "");
  const to = (key: string, own: string) => headOf(own) + key;
  const from = (name: string, own: string) =>
    name.startsWith(headOf(own)) ? name.slice(headOf(own).length) : undefined;
  return wrap(store, (driver) => remap(driver, { collection: { to: () => collection }, key: { to, from } }));
}
