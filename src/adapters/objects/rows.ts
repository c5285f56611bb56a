import { toSqlText } from "../sql/text.ts";
import { objectLayout } from "./layout.ts";
import { type Columns, LIVE, type RowEntry, type StoredRow, TIMES, toStoredRow } from "./row.ts";
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
  /** Whether there is a live row that fulfils a condition. */
  some(condition: string, ...bindings: unknown[]): boolean;
}

const HERE = "collection = ? AND key = ?";
const FIND = `SELECT value, ${TIMES}, version FROM edge_key_value WHERE ${HERE}`;
const FIND_VALUE = `SELECT value, ${TIMES} FROM edge_key_value WHERE ${HERE}`;

/** What to do with a row that is there; a version follows. */
const REPLACE = `ON CONFLICT DO UPDATE SET
value = excluded.value, created_at = excluded.created_at, expires_at = excluded.expires_at, version = `;
/** Replaces a row but for its receipts. */
export const KEEP_RECEIPTS: string = REPLACE + objectLayout.versionAfter("excluded.version", "excluded.value");
const INSERT = "INSERT INTO edge_key_value VALUES (?, ?, ?, ?, ?, ?)";
const PUT = `${INSERT} ${KEEP_RECEIPTS}`;
const SET = `${INSERT} ${REPLACE} excluded.version`;
/** @param onDeadline Is called with each deadline that is written. */
export function tableRows({ run }: SqlTables, onDeadline: (deadline: number) => void): Rows {
  function find(query: string, collection: string, key: string): StoredRow | undefined {
    const [found] = run<Columns>(query, toSqlText(collection), toSqlText(key));
    return found && toStoredRow(found);
  }

  function write(statement: string, collection: string, key: string, entry: Partial<RowEntry>, version: string): void {
    const { json = null, createdAt = null, expiresAt = null } = entry;
    if (expiresAt !== null) onDeadline(expiresAt);
    run(statement, toSqlText(collection), toSqlText(key), json, createdAt, expiresAt, version);
  }

  return {
    find: (collection, key) => find(FIND, collection, key),
    findValue: (collection, key) => find(FIND_VALUE, collection, key),
    put: (collection, key, entry, version) => write(PUT, collection, key, entry, version),
    set: (collection, key, entry, history) => write(SET, collection, key, entry, history),

    remove(collection, key) {
      run(`DELETE FROM edge_key_value WHERE ${HERE}`, toSqlText(collection), toSqlText(key));
    },

    some: (condition, ...bindings) =>
      run(`SELECT 1 FROM edge_key_value WHERE ${condition} AND ${LIVE} LIMIT 1`, ...bindings, Date.now()).length > 0,
  };
}
