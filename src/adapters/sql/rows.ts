import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { type JsonValue, parseJson } from "../../core/json.ts";
import { isTime } from "../../core/times.ts";
import type { SqlRow } from "./database.ts";
import type { Dialect, SentRow } from "./dialect.ts";
import { toSqlText, utf8Length } from "./text.ts";

/** The most bytes that a database takes. Without a number, nothing is checked before the call. */
export interface SqlLimits {
  /** A collection and a key together. */
  readonly keyBytes?: number | undefined;
  /** A collection, a key and a value together. */
  readonly rowBytes?: number | undefined;
  /** What a bulk sends in one statement. */
  readonly bulkBytes?: number | undefined;
}

/** Converts keys and entries to what a database holds, and back. */
export interface RowCodec {
  /** @throws KeyValueError `too_large`. */
  keyOf(collection: string, key: string): string;
  /**
   * The row of an entry, without `life` if it never expires.
   *
   * @throws KeyValueError `too_large`.
   */
  encode(collection: string, key: string, entry: Entry, now: number): SentRow;
  /** The entry in a row. `now` is the clock that its `life` counts from. */
  decode(row: SqlRow | undefined, now: number, details: ErrorDetails): Entry | undefined;
}

/** The codec of the store called `store`. */
export function rowCodec(
  store: string,
  { pack, unpack }: Pick<Dialect, "pack" | "unpack">,
  { keyBytes = Number.POSITIVE_INFINITY, rowBytes = Number.POSITIVE_INFINITY }: SqlLimits,
  onCorrupt: OnCorrupt,
): RowCodec {
  const isLimited = Math.min(keyBytes, rowBytes) < Number.POSITIVE_INFINITY;

  function check(collection: string, key: string, stored: string, value = ""): void {
    if (!isLimited) return;
    const place = toSqlText(collection);
    // A UTF-16 unit takes at most three bytes, so most names and values need no counting.
    if ((place.length + stored.length) * 3 > keyBytes) {
      refuseOver(keyBytes, "collection and key", utf8Length(place) + utf8Length(stored), collection, key);
    }
    if ((place.length + stored.length + value.length) * 3 > rowBytes) {
      const size = utf8Length(place) + utf8Length(stored) + utf8Length(value);
      refuseOver(rowBytes, "collection, key and value", size, collection, key);
    }
  }

  function refuseOver(limit: number, what: string, size: number, collection: string, key: string): void {
    if (size <= limit) return;
    const message = `${what} have ${size} bytes together; the limit is ${limit}`;
    throw new KeyValueError("too_large", message, { store, collection, key, size, limit });
  }

  return {
    keyOf(collection, key) {
      const stored = toSqlText(key);
      check(collection, key, stored);
      return stored;
    },

    encode(collection, key, { value, createdAt = null, expiresAt }, now) {
      const row = { key: toSqlText(key), value: pack(value), created: createdAt, life: lifeOf(expiresAt, now) };
      check(collection, key, row.key, row.value);
      return row;
    },

    decode(row, now, details) {
      if (!row) return undefined;
      try {
        const { value, created, life, version } = row;
        return {
          value: jsonOf(value, unpack),
          createdAt: timeOf(millisecondsOf(created, Math.floor)),
          expiresAt: deadlineOf(life, now),
          version: versionOf(version),
        };
      } catch (cause) {
        if (onCorrupt === "miss") return undefined;
        throw new KeyValueError("corrupted", "the row is not an entry", { store, ...details, cause });
      }
    },
  };
}

/** The milliseconds left; 0 or less once the deadline has passed. */
function lifeOf(expiresAt: number | undefined, now: number): number | null {
  return expiresAt === undefined ? null : expiresAt - now;
}

function jsonOf(text: unknown, unpack: (text: string) => JsonValue): JsonValue {
  if (typeof text !== "string") throw new TypeError("the value is not text");
  return parseJson(text, unpack);
}

function versionOf(column: unknown): string | undefined {
  if (typeof column === "object" && column !== null) throw new TypeError("the version is not text");
  return column == null ? undefined : String(column);
}

/** Some clients return numbers as text or as `bigint`. */
function millisecondsOf(column: unknown, round: (value: number) => number): number | undefined {
  if (column == null) return undefined;
  // An empty text or blob counts as 0.
  const value = typeof column === "object" || column === "" ? Number.NaN : Number(column);
  if (Number.isNaN(value)) throw new TypeError("a time is not a number");
  return Number.isFinite(value) ? round(value) : undefined;
}

/** Rounded up, since an entry must not end early. */
function deadlineOf(life: unknown, now: number): number | undefined {
  const left = millisecondsOf(life, Math.ceil);
  return left === undefined ? undefined : timeOf(now + left);
}

function timeOf(time: number | undefined): number | undefined {
  if (isTime(time)) return time;
  throw new TypeError("a time is one that no Date can hold");
}
