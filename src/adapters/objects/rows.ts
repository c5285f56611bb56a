import { toSqlText } from "../sql/text.ts";
import { objectDialect } from "./layout.ts";
import { type Columns, type RowEntry, type StoredRow, toSentRow, toStoredRow } from "./row.ts";
import type { SqlTables } from "./tables.ts";

/** Reads and writes single rows of the table of entries, each in one statement. */
export interface Rows {
  find(collection: string, key: string): StoredRow | undefined;
  /** Finds a row without its version, for a caller who asks for the value alone. */
  findValue(collection: string, key: string): StoredRow | undefined;
  /** Writes an entry and leaves the receipts that the row has. */
  put(collection: string, key: string, entry: RowEntry, version: string): void;
  /** Writes an entry with its history, or without a value the mark of a removal. */
  set(collection: string, key: string, entry: Partial<RowEntry>, history: string): void;
  remove(collection: string, key: string): void;
}

const FROM_HERE = "FROM edge_key_value WHERE collection = ? AND key = ?";
const FIND = `SELECT value, created_at, expires_at, version ${FROM_HERE}`;
const FIND_VALUE = `SELECT value, created_at, expires_at ${FROM_HERE}`;
const SET = `INSERT INTO edge_key_value (collection, key, value, created_at, expires_at, version)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, created_at = excluded.created_at,
expires_at = excluded.expires_at, version = excluded.version`;

/** @param onDeadline Is called with each deadline that is written. */
export function tableRows({ run, ask }: SqlTables, onDeadline: (deadline: number) => void): Rows {
  function find(query: string, collection: string, key: string): StoredRow | undefined {
    const [found] = run<Columns>(query, toSqlText(collection), toSqlText(key));
    return found && toStoredRow(found);
  }

  return {
    find: (collection, key) => find(FIND, collection, key),
    findValue: (collection, key) => find(FIND_VALUE, collection, key),

    put(collection, key, entry, version) {
      const now = Date.now();
      if (entry.expiresAt !== undefined) onDeadline(entry.expiresAt);
      ask(objectDialect.write(toSqlText(collection), toSentRow(key, entry, now), version, now));
    },

    set(collection, key, { json = null, createdAt = null, expiresAt = null }, history) {
      if (expiresAt !== null) onDeadline(expiresAt);
      run(SET, toSqlText(collection), toSqlText(key), json, createdAt, expiresAt, history);
    },

    remove(collection, key) {
      ask(objectDialect.remove(toSqlText(collection), toSqlText(key), Date.now()));
    },
  };
}
