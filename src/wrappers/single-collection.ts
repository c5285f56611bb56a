import { type AsyncKeyValue, remap, type Wrapped, wrap } from "../combinators/index.ts";
import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";

/**
 * A store that keeps all its collections in one of the store underneath: `user:1` of `users` becomes `users::user:1`.
 *
 * `destroy`, `destroyCollection` and `listCollections` are gone: they would have to go through every key there.
 */
export function singleCollection<S extends AsyncKeyValue>(
  store: S,
  collection: string,
): Wrapped<S, "destroy" | "destroyCollection" | "listCollections"> {
  string(collection, "collection");
  const to = (key: string, own: string) => joinAddress(own, "") + key;
  const from = (name: string, own: string) =>
    name.startsWith(to("", own)) ? name.slice(to("", own).length) : undefined;
  return wrap(store, (driver) => remap(driver, { collection: { to: () => collection }, key: { to, from } }));
}
