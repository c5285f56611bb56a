import { joinAddress, splitAddress } from "../../core/address.ts";

/*
 * R2 takes names that differ only in how Unicode composes characters for the same name, so names are ASCII here: what is
 * not, is percent-encoded as in a URL. Control characters are too.
 *
 * Source: developers.cloudflare.com/r2/reference/unicode-interoperability.
 */

/** What is encoded. */
const ENCODED = /[^\x20-\x7E]+/gu;

/** A `%` that could be mistaken for the start of what this encodes. Escapes of addresses start with `%2`, `%3` and `%u`. */
const AMBIGUOUS = /%(?=[0189A-F][\dA-F]|7F)/g;

/** The name of the object of an entry, without the store's prefix. */
export function objectName(collection: string, key: string): string {
  return encodeName(joinAddress(collection, key));
}

/** The collection and key of a name that {@link objectName} made; `undefined` for any other. */
export function addressOf(name: string): readonly [collection: string, key: string] | undefined {
  const address = decodeName(name);
  return address !== undefined && encodeName(address) === name ? splitAddress(address) : undefined;
}

/** Encodes an address, or the start of one. */
export function encodeName(address: string): string {
  return address.replace(AMBIGUOUS, "%25").replace(ENCODED, encodeURIComponent);
}

function decodeName(name: string): string | undefined {
  try {
    return name.replace(/%25(?=[0189A-F][\dA-F]|7F)|(?:%(?:[0189A-F][\dA-F]|7F))+/g, (found) =>
      found === "%25" ? "%" : decodeURIComponent(found),
    );
  } catch {
    return undefined;
  }
}

/** The longest start that the names of all addresses with this start have: its end may be encoded in some of them. */
export function nameStart(address: string): string {
  return encodeName(address.replace(/%[\dA-F]?$/, ""));
}
