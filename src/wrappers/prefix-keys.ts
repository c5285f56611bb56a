import { type AsyncKeyValue, remap, type Wrapped, wrap } from "../combinators/index.ts";
import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";

/**
 * Makes a store whose keys have a prefix in the store underneath: `user:1` of the tenant `acme` is `acme::user:1` there.
 *
 * Two prefixes never meet, whatever they and the keys contain. Listings return the store's own keys, without the prefix.
 * `destroy`, `destroyCollection` and `listCollections` are gone, since they would reach what others keep in the store
 * underneath.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { prefixKeys } from "edge-key-value/wrappers/prefix-keys";
 *
 * const acme = prefixKeys(memoryStore(), "acme");
 * await acme.put("user:1", { name: "Alice" });
 * ```
 */
export function prefixKeys<S extends AsyncKeyValue>(
  store: S,
  prefix: string,
): Wrapped<S, "destroy" | "destroyCollection" | "listCollections"> {
  // The key is not escaped, so a prefix of the key is still one in the name, as listings need.
  const head = joinAddress(string(prefix, "prefix"), "");
  const from = (name: string) => (name.startsWith(head) ? name.slice(head.length) : undefined);
  return wrap(store, (driver) => remap(driver, { key: { to: (key) => head + key, from } }));
}
