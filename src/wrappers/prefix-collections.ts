import { type AsyncKeyValue, remap, type Wrapped, wrap } from "../combinators/index.ts";
import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";

/**
 * A store whose collections have a prefix in the store underneath: `users` of the tenant `acme` becomes `acme::users`.
 *
 * Two prefixes never meet, whatever they and the names contain. The store's collections are its own: it lists them
 * without the prefix, and can destroy one. `destroy` is gone: it would reach what others keep there.
 */
export function prefixCollections<S extends AsyncKeyValue>(store: S, prefix: string): Wrapped<S, "destroy"> {
  const head = joinAddress(string(prefix, "prefix"), "");
  const from = (name: string) => (name.startsWith(head) ? name.slice(head.length) : undefined);
  return wrap(store, (driver) => remap(driver, { collection: { to: (name) => head + name, from } }));
}
