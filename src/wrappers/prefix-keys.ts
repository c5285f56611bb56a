import { type AsyncKeyValue, remap, type Wrapped, wrap } from "../combinators/index.ts";
import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";

/**
 * A store whose keys have a prefix in the store underneath: `user:1` of the tenant `acme` becomes `acme::user:1`.
 *
 * Two prefixes never meet, whatever they and the keys contain. Listings give the store's own keys, without the prefix.
 * `destroy`, `destroyCollection` and `listCollections` are gone: they would reach what others keep there.
 */
export function prefixKeys<S extends AsyncKeyValue>(
  store: S,
  prefix: string,
): Wrapped<S, "destroy" | "destroyCollection" | "listCollections"> {
  // The key stands as it is behind the prefix, so that what a key starts with survives for listings.
  const head = joinAddress(string(prefix, "prefix"), "");
  const from = (name: string) => (name.startsWith(head) ? name.slice(head.length) : undefined);
  return wrap(store, (driver) => remap(driver, { key: { to: (key) => head + key, from } }));
}
