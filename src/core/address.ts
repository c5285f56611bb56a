/**
 * Joins a collection and a key into one well-formed string: `collection::key`, as Python's py-key-value-aio writes it.
 *
 * No two addresses have the same name. In the collection, a `:` before another `:` or at the end becomes `%3A`, because
 * it could be mistaken for the separator. In both parts, a lone surrogate, which UTF-8 cannot hold, becomes `%uD83D` or
 * the like, and a `%` that could be mistaken for an escape becomes `%25`. Everything else stays as it is.
 *
 * @example
 * ```ts
 * import { joinAddress } from "edge-key-value";
 *
 * joinAddress("users", "user:123"); // => "users::user:123"
 * joinAddress("a::b", "c"); // => "a%3A:b::c"
 * ```
 */
export function joinAddress(collection: string, key: string): string {
  const plain = `${collection}::${key}`;
  // Few names have anything to escape, and looking for single characters is several times as fast.
  if (!/[%\uD800-\uDFFF]/.test(plain) && !collection.includes(":")) return plain;
  // `escape` is deprecated for URLs, but this is exactly its format, and every runtime has it (ECMA-262, B.2.1).
  return `${collection.replace(/%(?=25|3A|uD[89A-F])|:(?=:|$)|\p{Surrogate}/gu, escape)}::${key.replace(/%(?=25|uD[89A-F])|\p{Surrogate}/gu, escape)}`;
}

/**
 * Splits a name that {@link joinAddress} made; returns `undefined` for a name that it never makes.
 *
 * @example
 * ```ts
 * import { splitAddress } from "edge-key-value";
 *
 * splitAddress("users::user:123"); // => ["users", "user:123"]
 * splitAddress("no separator"); // => undefined
 * ```
 */
export function splitAddress(address: string): readonly [collection: string, key: string] | undefined {
  const at = address.indexOf("::");
  const collection = address.slice(0, at).replace(/%(25|3A|uD[89A-F]..)/g, unescape);
  const key = address.slice(at + 2).replace(/%(25|uD[89A-F]..)/g, unescape);
  return at >= 0 && joinAddress(collection, key) === address ? [collection, key] : undefined;
}

/**
 * Returns the longest string that begins the name of every key beginning with `prefix`.
 *
 * It is shorter than the name of `prefix` itself if the prefix ends in a possible half of a surrogate pair or of an
 * escape. Check the keys of the names that you find against `prefix`.
 *
 * @example
 * ```ts
 * import { addressPrefix } from "edge-key-value";
 *
 * addressPrefix("users", "user:"); // => "users::user:"
 * ```
 */
export function addressPrefix(collection: string, prefix: string): string {
  return joinAddress(collection, prefix.replace(/(?:%(?:2|uD?)?|[\uD800-\uDBFF])$/, ""));
}
