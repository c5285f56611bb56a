import type { Entry } from "../../core/entry.ts";
import type { JsonValue } from "../../core/json.ts";

/** The last millisecond that a Python date can hold. */
const MAX_DATE = 253402300799999;

/**
 * Encodes an entry as the JSON envelope that Python's py-key-value-aio reads and writes.
 *
 * `id` makes the bytes of every write unique; Python ignores it. `expires_at` and `id` come first, where a script finds
 * them without parsing the rest.
 */
export function encodeEntry(collection: string, key: string, entry: Entry, id: string): string {
  const { value, createdAt, expiresAt } = entry;
  const dates = { expires_at: formatDate(expiresAt), id, created_at: formatDate(createdAt) };
  return JSON.stringify({ ...dates, collection, key, value, version: 1 }).replaceAll("\uFFFD", "\\ufffd");
}

/**
 * Decodes stored bytes, or returns `undefined` when they are not an envelope.
 *
 * Clients decode bytes that are not UTF-8 as U+FFFD. Both languages escape a real U+FFFD, so an unescaped one means
 * corrupt bytes.
 */
export function decodeEntry(bytes: string): Entry | undefined {
  if (bytes.includes("\uFFFD")) return undefined;
  try {
    const { value, created_at, expires_at } = JSON.parse(bytes) as Record<string, unknown>;
    const expiresAt = parseDate(expires_at);
    if (value == null || Number.isNaN(expiresAt)) return undefined;
    return { value: value as JsonValue, createdAt: parseDate(created_at) || undefined, expiresAt };
  } catch {
    return undefined;
  }
}

/**
 * Parses a stored date to epoch milliseconds; `undefined` when there is none, `NaN` when it is no date.
 *
 * A date without an offset is no date: it would mean another time on every machine.
 */
export function parseDate(date: unknown): number | undefined {
  if (date == null) return undefined;
  return typeof date === "string" && /[T ].*(Z|[+-]\d\d:?\d\d)$/.test(date) ? Date.parse(date) : Number.NaN;
}

/** Before version 3.11, Python only reads dates with an explicit offset and 3 or 6 digits of a second. */
function formatDate(time: number | undefined): string | undefined {
  if (time === undefined) return undefined;
  return new Date(Math.min(Math.ceil(time), MAX_DATE)).toISOString().replace("Z", "000+00:00");
}
