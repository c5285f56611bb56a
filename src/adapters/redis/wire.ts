import type { Entry } from "../../core/entry.ts";
import type { JsonValue } from "../../core/json.ts";

/** The last millisecond that Python's dates can hold. */
const MAX_DATE = 253402300799999;

/**
 * The bytes of an entry, an envelope that Python's py-key-value-aio reads and writes too.
 *
 * Python ignores `id`, which makes the bytes of every write differ from all others. `expires_at` and `id` stand first,
 * where a script on the server finds them without parsing the rest.
 */
export function encodeEntry(collection: string, key: string, entry: Entry, id: string): string {
  const { value, createdAt, expiresAt } = entry;
  const dates = { expires_at: dateOf(expiresAt), id, created_at: dateOf(createdAt) };
  return JSON.stringify({ ...dates, collection, key, value, version: 1 }).replaceAll("\uFFFD", "\\ufffd");
}

/**
 * The entry in stored bytes, or `undefined` when they are not an envelope.
 *
 * A U+FFFD is what a client makes of bytes that are not UTF-8; where it was meant, both languages write it escaped.
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
 * Epoch milliseconds of a date as it is stored; `undefined` for none, `NaN` for what is not a date.
 *
 * Without an offset a date would mean another time on every machine, so it is none.
 */
export function parseDate(date: unknown): number | undefined {
  if (date == null) return undefined;
  return typeof date === "string" && /[T ].*(Z|[+-]\d\d:?\d\d)$/.test(date) ? Date.parse(date) : Number.NaN;
}

/** Before version 3.11 Python reads dates with an explicit offset and 3 or 6 digits after the second, and no others. */
function dateOf(time: number | undefined): string | undefined {
  if (time === undefined) return undefined;
  return new Date(Math.min(Math.ceil(time), MAX_DATE)).toISOString().replace("Z", "000+00:00");
}
