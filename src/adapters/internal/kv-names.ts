/** Bytes of a name that Workers KV takes. Source: developers.cloudflare.com/kv/platform/limits. */
const KV_BYTES = 512;

/** Characters of a longer name that stay readable: never more bytes than a hash (44) and the mark (3) leave. */
const START = 155;

/** Ends what stands for a longer name. No address ends like this: `%25` only precedes what would be an escape. */
const MARK = "%25";

/** Bytes of a name, collection and prefix included: the start, and what 1,024 bytes of metadata hold in base64. */
export const NAME_BYTES = START - 1 + 714;

const encoder = /* @__PURE__ */ new TextEncoder();

/** A name as KV holds it; `rest` is what did not fit, for the metadata. */
export interface KVName {
  readonly bytes: number;
  readonly name: string;
  readonly rest?: string | undefined;
}

/** Makes a name fit: of a long one the start stays, and a hash of the whole takes the place of the rest. */
export async function shorten(whole: string): Promise<KVName> {
  const bytes = encoder.encode(whole);
  if (bytes.length <= KV_BYTES) return { bytes: bytes.length, name: whole };
  const start = startOf(whole);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  const rest = encoder.encode(whole.slice(start.length));
  return { bytes: bytes.length, name: start + base64(new Uint8Array(hash)) + MARK, rest: base64(rest) };
}

/** The inverse of {@link shorten}. */
export function restore(name: string, rest: string | undefined): string {
  if (!rest || !name.endsWith(MARK)) return name;
  const bytes = Uint8Array.from(atob(rest), (unit) => unit.charCodeAt(0));
  return name.slice(0, -44 - MARK.length) + new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes);
}

/** As much of a prefix as also starts what stands for longer names. The local simulator ends a prefix at a NUL. */
export function shortPrefix(prefix: string): string {
  return startOf(prefix).split("\0", 1)[0] as string;
}

/** Never half of a surrogate pair. */
function startOf(text: string): string {
  return text.slice(0, START).replace(/[\uD800-\uDBFF]$/, "");
}

/** In ASCII, since KV sends metadata as a header. */
function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
