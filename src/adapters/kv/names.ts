import { type Bytes, utf8 } from "../../core/bytes.ts";

/** The longest name that Workers KV takes: developers.cloudflare.com/kv/platform/limits. */
const NAME_BYTES = 512;

/** Ends the name that stands for a longer one. No address ends like this, since `%25` only stands before an escape. */
const SHORTENED = "%25";

/**
 * UTF-16 units of a longer name that its short one starts with: at most 465 bytes, which leaves room for a hash (44 bytes)
 * and the mark (3).
 */
const START_LENGTH = 155;

/** Returns a name that fits into Workers KV: the name itself, or the start of it and a SHA-256 hash of the whole. */
export function shortName(whole: string): string | Promise<string> {
  // A UTF-16 unit has at most three bytes of UTF-8, so most names need not be encoded to be measured.
  if (whole.length * 3 <= NAME_BYTES) return whole;
  const bytes = utf8(whole);
  if (bytes.length <= NAME_BYTES) return whole;
  return hashed(whole, bytes);
}

async function hashed(whole: string, bytes: Bytes): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  // Not `toBase64`: it carries tables for long data, for which every bundle with this adapter would pay.
  return startOf(whole) + btoa(String.fromCharCode(...hash)) + SHORTENED;
}

/** Returns as much of a prefix as short names start with as well. The local simulator ends a prefix at a NUL. */
export function shortPrefix(prefix: string): string {
  return startOf(prefix).split("\0", 1)[0] as string;
}

/** Never cuts a surrogate pair. */
function startOf(text: string): string {
  return text.slice(0, START_LENGTH).replace(/[\uD800-\uDBFF]$/, "");
}
