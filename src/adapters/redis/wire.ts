import type { Entry } from "../../core/entry.ts";
import { type JsonValue, parseJson } from "../../core/json.ts";

/*
 * The bytes of an entry: the JSON envelope of Python's py-key-value-aio.
 *
 *   {"expires_at":"…","id":"…","created_at":"…","value":…,"version":1,"collection":"…","key":"…"}
 *
 * Python reads any order and ignores `id`, which makes the bytes of every write unique. The order lets scripts find each
 * part without parsing JSON. `expires_at` comes from the server, which adds the time left to its own clock.
 */

/** What an envelope says. */
export interface Envelope {
  readonly value: JsonValue;
  readonly createdAt: number | undefined;
  /** The deadline in the envelope. Where Redis has a TTL as well, the TTL decides. */
  readonly expiresAt: number | undefined;
}

/** What stands before and after the value in an envelope of this library. */
const HEAD = /^\{(?:"expires_at":"[\d+.:T-]*",)?"id":"[\w-]*",(?:"created_at":"[\d+.:T-]*",)?"value":/;
const TAIL = ',"version":1,"collection":';

/** Encodes an envelope without its first character and its deadline, which the server puts in front. */
export function encodeRest(collection: string, key: string, { value, createdAt }: Entry, id: string): string {
  const created = createdAt === undefined ? "" : `,"created_at":"${formatDate(createdAt)}"`;
  return `"id":"${id}"${created},"value":${escaped(JSON.stringify(value))}${encodeTail(collection, key)}`;
}

/** Encodes what follows the value in an envelope. */
export function encodeTail(collection: string, key: string): string {
  return escaped(`${TAIL}${JSON.stringify(collection)},"key":${JSON.stringify(key)}}`);
}

/**
 * Decodes stored bytes, or returns `undefined` when they are not an envelope.
 *
 * Clients decode bytes that are not UTF-8 as U+FFFD. Both languages escape a real U+FFFD, so an unescaped one means
 * corrupt bytes.
 */
export function decodeEnvelope(bytes: string): Envelope | undefined {
  if (bytes.includes("\uFFFD")) return undefined;
  try {
    const { value, created_at, expires_at } = parseJson(bytes) as Record<string, unknown>;
    const expiresAt = parseDate(expires_at);
    if (value == null || Number.isNaN(expiresAt)) return undefined;
    return { value: value as JsonValue, createdAt: parseDate(created_at) || undefined, expiresAt };
  } catch {
    return undefined;
  }
}

/**
 * Decodes only the value of bytes that this library wrote for a collection and a key; `undefined` for all other bytes.
 * To parse the whole envelope takes twice as long.
 */
export function decodeValue(bytes: string, collection: string, key: string): JsonValue | undefined {
  const head = HEAD.exec(bytes)?.[0];
  const tail = encodeTail(collection, key);
  if (head === undefined || !bytes.endsWith(tail) || bytes.includes("\uFFFD")) return undefined;
  try {
    return parseJson(bytes.slice(head.length, -tail.length));
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

/** The date that was formatted last: to format one takes longer than to encode the rest of a small envelope. */
let formatted: readonly [time: number, text: string] = [Number.NaN, ""];

/** Before version 3.11, Python only reads dates with an explicit offset and 3 or 6 digits of a second. */
function formatDate(time: number): string {
  if (time !== formatted[0]) {
    const date = new Date(Math.min(Math.ceil(time), MAX_DATE)).toISOString();
    formatted = [time, `${date.slice(0, -1)}000+00:00`];
  }
  return formatted[1];
}

/** The last millisecond that a Python date can hold. */
export const MAX_DATE = 253402300799999;

function escaped(json: string): string {
  return json.includes("\uFFFD") ? json.replaceAll("\uFFFD", "\\ufffd") : json;
}
