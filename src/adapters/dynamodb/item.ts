import { utf8 } from "../../core/bytes.ts";
import type { Entry } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { type JsonValue, parseJson } from "../../core/json.ts";
import { isTime } from "../../core/times.ts";
import type { DynamoDBAttribute, DynamoDBStored } from "./client.ts";
import { NAME } from "./failure.ts";
import { keyOf } from "./names.ts";

/*
 * An item as Python's py-key-value-aio has it, plus `deadline`:
 *
 *   collection (S), key (S)   the primary key
 *   value (S)                 {"id":"…","created_at":"…","expires_at":"…","value":…,"version":1,"collection":"…","key":"…"}
 *   ttl (N)                   the deadline in epoch seconds, rounded up, by which DynamoDB deletes items
 *   deadline (N)              the deadline in epoch milliseconds
 *
 * Python replaces whole items, so what it writes has neither an `id` nor a `deadline`. The earlier of `ttl` and `deadline`
 * counts.
 */

/** Bytes of an item: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html. */
export const ITEM_BYTES = 400 * 1024;

/** The last millisecond that a Python date can hold. */
const MAX_DATE = 253402300799999;

/** How the value of an item begins that this library wrote. */
const OWN = /^\{"id":"([^"\\]+)",/;

/** The start of the value that was written with an id. */
export const headOf = (id: string): string => `{"id":${JSON.stringify(id)},`;

/** Encodes an entry, and refuses one that is too large. */
export function encodeItem(
  collection: string,
  key: string,
  entry: Entry,
  id: string,
): Record<string, DynamoDBAttribute> {
  const { value, createdAt, expiresAt } = entry;
  const times = { created_at: dateOf(createdAt), expires_at: dateOf(expiresAt) };
  const item = {
    ...keyOf(collection, key),
    value: { S: JSON.stringify({ id, ...times, value, version: 1, collection, key }) },
    ...(expiresAt !== undefined && { ttl: { N: `${Math.ceil(expiresAt / 1000)}` }, deadline: { N: `${expiresAt}` } }),
  };
  const size = sizeOf(item);
  if (size <= ITEM_BYTES) return item;
  const details = { store: NAME, collection, key, size, limit: ITEM_BYTES };
  throw new KeyValueError("too_large", `the item has ${size} bytes; DynamoDB takes ${ITEM_BYTES}`, details);
}

/** The bytes of an item, as DynamoDB counts them: names and texts in UTF-8, and at most 21 bytes for a number. */
function sizeOf(item: Readonly<Record<string, DynamoDBAttribute>>): number {
  return Object.entries(item).reduce(
    (sum, [name, attribute]) => sum + name.length + ("S" in attribute ? utf8(attribute.S).length : 21),
    0,
  );
}

/** Before version 3.11, Python only reads dates with an explicit offset and 3 or 6 digits of a second. */
function dateOf(time: number | undefined): string | undefined {
  if (time === undefined) return undefined;
  return `${new Date(Math.min(Math.ceil(time), MAX_DATE)).toISOString().slice(0, -1)}000+00:00`;
}

/** An item that this library can read. */
export interface Found {
  /** The id of the write, unless another program wrote the item. */
  readonly id: string | undefined;
  readonly text: string;
  readonly entry: Entry;
}

/** Decodes an item; `undefined` when it is not an entry. */
export function decodeItem(item: DynamoDBStored): Found | undefined {
  const { S: text } = Object(item.value) as { readonly S?: unknown };
  const times = timesOf(item);
  if (typeof text !== "string" || !times) return undefined;
  try {
    const { value, created_at } = parseJson(text) as Record<string, unknown>;
    if (value == null) return undefined;
    const createdAt = typeof created_at === "string" ? Date.parse(created_at) || undefined : undefined;
    return { id: OWN.exec(text)?.[1], text, entry: { value: value as JsonValue, createdAt, ...times } };
  } catch {
    return undefined;
  }
}

/** The deadline of an item; `undefined` when it has one that is no time. */
export function timesOf({ ttl, deadline }: DynamoDBStored): Pick<Entry, "expiresAt"> | undefined {
  const times = [timeOf(ttl, 1000), timeOf(deadline, 1)].filter((time) => time !== undefined);
  if (times.some(Number.isNaN)) return undefined;
  return { expiresAt: times.length > 0 ? Math.min(...times) : undefined };
}

function timeOf(attribute: unknown, scale: number): number | undefined {
  if (attribute === undefined) return undefined;
  const { N: text } = Object(attribute) as { readonly N?: unknown };
  const time = typeof text === "string" && text !== "" ? Number(text) * scale : Number.NaN;
  return isTime(time) ? time : Number.NaN;
}
