import type { JsonValue } from "../../core/json.ts";
import type { SqlValue, Statement } from "./database.ts";
import type { TextRange } from "./text.ts";

/** An entry as it is sent. Names are in the form of `toSqlText`. */
export interface SentRow {
  readonly key: string;
  /** As {@link Dialect.pack} returns it. */
  readonly value: string;
  /** In epoch milliseconds. */
  readonly created: number | null;
  /** Milliseconds left; `null` if the entry never expires. */
  readonly life: number | null;
}

/** Whether a row is worth writing: one whose deadline has passed is removed instead. */
export const isLive = ({ life }: SentRow): boolean => life === null || life > 0;

/** A key or a row as JSON: a bulk is sent as one array of them. */
export type Packed = string;

/** A row that a swap writes. */
export interface SwapRow extends SentRow {
  readonly version: string;
  /** Leave the deadline as it is in the database. */
  readonly keepsDeadline: boolean;
}

/** Which names a listing asks for: those in a range that come after a name, at most `limit`. */
export interface NamesQuery extends TextRange {
  readonly after?: string | undefined;
  readonly limit: number;
}

/**
 * The statements of a database. Expired rows are absent for all of them.
 *
 * They return the columns of an entry, or the column that is named below. The columns of an entry are `value`, `created` in
 * epoch milliseconds, `life` in milliseconds left, and `version`.
 *
 * `now` is the caller's clock, in epoch milliseconds.
 */
export interface Dialect {
  /** The database has a clock that all callers share, and uses it instead of `now`. */
  readonly ownClock: boolean;
  /** A value as text that the database can hold. */
  pack(value: JsonValue): string;
  /** The inverse of `pack`; throws for other text. */
  unpack(text: string): JsonValue;
  /** Creates what is missing. */
  readonly create: readonly Statement[];
  /** The value alone. */
  readValue(collection: string, key: string, now: number): Statement;
  read(collection: string, key: string, now: number): Statement;
  /** The values alone. `place` is the index of the key, here and in `readMany`. */
  readValues(collection: string, keys: readonly Packed[], now: number): Statement;
  readMany(collection: string, keys: readonly Packed[], now: number): Statement;
  write(collection: string, row: SentRow, version: string, now: number): Statement;
  /** A row as one item of {@link Dialect.writeMany}. */
  packRow(row: SentRow): Packed;
  /** No two rows have the same key. */
  writeMany(collection: string, rows: readonly Packed[], version: string, now: number): Statement;
  /** `removed` adds up to the number of rows that had not expired. */
  remove(collection: string, key: string, now: number): Statement;
  removeMany(collection: string, keys: readonly Packed[], now: number): Statement;
  /**
   * Writes a row, or removes it for `undefined`, if the version is `expected`. `swapped` is the new version, or after a removal
   * the old one. If nothing was swapped, they return the current entry.
   */
  swap(collection: string, key: string, expected: string, next: SwapRow | undefined, now: number): readonly Statement[];
  /** Writes a row if there is none. Returns the columns of `swap`. */
  insert(collection: string, next: SwapRow, now: number): readonly Statement[];
  /** The stored name in a `name` column. */
  nameIn(column: unknown): string;
  /** `name`, in order. */
  listKeys(collection: string, names: NamesQuery, now: number): Statement;
  listCollections(names: NamesQuery, now: number): Statement;
  /** `held`, if there was a live row. */
  destroyCollection(collection: string, now: number): readonly Statement[];
  destroy(now: number): readonly Statement[];
  /** Removes at most `limit` rows. `removed` adds up to the number of entries in them. */
  cull(limit: number, now: number): Statement;
  /**
   * The operations that are one statement. Each returns its own column if it was done, and otherwise the current entry, if any.
   * A database that can run their functions in a transaction needs none of them.
   */
  readonly operations?:
    | {
        /** `taken`. */
        take(collection: string, key: string, now: number): readonly Statement[];
        /**
         * `sum`. Adds the value of `first`, a whole number, or writes `first` if there is no entry. It never adds fractions:
         * databases round them differently from JavaScript.
         */
        increment(collection: string, first: SwapRow, now: number): readonly Statement[];
        /** `touched`. */
        touch(collection: string, key: string, life: number | null, version: string, now: number): readonly Statement[];
      }
    | undefined;
}

/** Makes a statement from its text and the values of its placeholders. */
export const statement = (text: string, ...args: readonly SqlValue[]): Statement => ({ text, args });
