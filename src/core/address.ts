/**
 * Joins a collection and a key into one well-formed string, `collection::key` as Python's py-key-value-aio writes it.
 *
 * Injective for all strings. In the collection, `:` is escaped where it could be taken for the separator (before
 * another `:` and at the end). UTF-8 cannot hold a lone surrogate: in both parts it becomes `%uD800`. A `%` that could
 * be taken for an escape becomes `%25`. An address without any of these stands as it is.
 */
export function joinAddress(collection: string, key: string): string {
  // `escape` is old and not for addresses of the Web, but this is its format, and every runtime has it (ECMA-262, B.2.1).
  return `${collection.replace(/%(?=25|3A|uD[89A-F])|:(?=:|$)|\p{Surrogate}/gu, escape)}::${key.replace(/%(?=25|uD[89A-F])|\p{Surrogate}/gu, escape)}`;
}

/** The inverse of {@link joinAddress}; `undefined` for a string that it never returns. */
export function splitAddress(address: string): readonly [collection: string, key: string] | undefined {
  const at = address.indexOf("::");
  const collection = address.slice(0, at).replace(/%(25|3A|uD[89A-F]..)/g, unescape);
  const key = address.slice(at + 2).replace(/%(25|uD[89A-F]..)/g, unescape);
  return at >= 0 && joinAddress(collection, key) === address ? [collection, key] : undefined;
}

/**
 * The longest string with which the address of every key that starts with `prefix` starts.
 *
 * It is shorter than the address of `prefix` itself where the prefix ends in what may be half of a surrogate pair or
 * of an escape, so the names found by it must still be compared with `prefix`.
 */
export function addressPrefix(collection: string, prefix: string): string {
  return joinAddress(collection, prefix.replace(/(?:%(?:2|uD?)?|[\uD800-\uDBFF])$/, ""));
}
