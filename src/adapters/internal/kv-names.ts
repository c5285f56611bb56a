/** The most bytes that Workers KV takes as a name. Source: developers.cloudflare.com/kv/platform/limits. */
const PLAIN_BYTES = 512;

/** How many bytes of a longer name stay readable: what a SHA-256 in base64 (44) and the mark (3) leave. */
const START_BYTES = PLAIN_BYTES - 47;

/** Ends the KV name of a longer one. No address ends like this: `%25` only stands before what would be an escape. */
const MARK = "%25";

/**
 * The most bytes of a name, collection and prefix included: the start, less the 3 bytes that cutting between code
 * points may cost, and what KV's 1,024 bytes of metadata hold in base64 beside the times.
 */
export const NAME_BYTES = START_BYTES - 3 + 714;

/** A name as KV holds it; `rest` is what did not fit, for the metadata. */
export interface KVName {
  readonly bytes: number;
  readonly name: string;
  readonly rest?: string | undefined;
}

/** Makes a name fit: of a long one the start stays, and a hash of the whole takes the place of the rest. */
export async function shorten(name: string): Promise<KVName> {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= PLAIN_BYTES) return { bytes: bytes.length, name };
  const start = firstBytes(bytes, START_BYTES);
  const hash = base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  const rest = base64(bytes.subarray(new TextEncoder().encode(start).length));
  return { bytes: bytes.length, name: start + hash + MARK, rest };
}

/** The inverse of {@link shorten}. */
export function restore(name: string, rest: string | undefined): string {
  if (rest === undefined || !name.endsWith(MARK)) return name;
  const bytes = Uint8Array.from(atob(rest), (unit) => unit.charCodeAt(0));
  return name.slice(0, -47) + new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** As much of a listing's prefix as also starts the KV names of longer ones. */
export function shortPrefix(prefix: string): string {
  return firstBytes(new TextEncoder().encode(prefix), START_BYTES - 3);
}

/** Whole code points only: a stream decoder holds a cut one back. */
function firstBytes(bytes: Uint8Array, count: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, count), { stream: true });
}

/** In ASCII, since KV sends metadata as a header. */
function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
