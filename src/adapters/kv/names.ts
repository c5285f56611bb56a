/**
 * A name that fits into the 512 bytes that Workers KV takes: the start of a longer one, and a hash of the whole.
 *
 * Limit: developers.cloudflare.com/kv/platform/limits.
 */
export async function shorten(whole: string): Promise<string> {
  // No address ends like this: `%25` only precedes what would be an escape.
  const MARK = "%25";
  const bytes = new TextEncoder().encode(whole);
  if (bytes.length <= 512) return whole;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return startOf(whole) + btoa(String.fromCharCode(...hash)) + MARK;
}

/** As much of a prefix as also starts what stands for long names. The local simulator ends a prefix at a NUL. */
export function shortPrefix(prefix: string): string {
  return startOf(prefix).split("\0", 1)[0] as string;
}

/** At most 465 bytes, which leaves room for a hash (44) and the mark (3); never half of a surrogate pair. */
function startOf(text: string): string {
  const START = 155;
  return text.slice(0, START).replace(/[\uD800-\uDBFF]$/, "");
}
