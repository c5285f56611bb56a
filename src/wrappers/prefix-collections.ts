import { type AsyncKeyValue, remap, type Wrapped, wrap } from "../combinators/index.ts";
import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";

/**
 * Makes a store whose collections have a prefix in the store underneath: `users` of the tenant `acme` is `acme::users` there.
 *
 * Two prefixes never meet, whatever they and the names contain. The store lists its own collections, without the prefix, and
 * can destroy one. `destroy` is gone, since it would reach what others keep in the store underneath.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { prefixCollections } from "edge-key-value/wrappers/prefix-collections";
 *
 * const acme = prefixCollections(memoryStore(), "acme");
 * await acme.put("1", { name: "Alice" }, { collection: "users" });
 * ```
 */
export function prefixCollections<S extends AsyncKeyValue>(store: S, prefix: string): Wrapped<S, "destroy"> {
  const head = joinAddress(string(prefix, "prefix"), "");
  const from = (name: string) => (name.startsWith(head) ? name.slice(head.length) : undefined);
  return wrap(store, (driver) => remap(driver, { collection: { to: (name) => head + name, from } }));
}
