import { toSqlText } from "../sql/text.ts";
import { RECEIPT_UNITS } from "./history.ts";
import { COLUMNS, type Columns, LIVE, type RowEntry, type StoredRow, toStoredRow } from "./row.ts";
import type { SqlTables } from "./tables.ts";

/** Reads and writes single rows of the table of entries, each in one statement. */
export interface Rows {
  find(collection: string, key: string): StoredRow | undefined;
  /** Writes an entry and leaves the receipts that the row has. */
  put(collection: string, key: string, entry: RowEntry, version: string): void;
  /** Writes an entry with its history, or without a value the mark of a removal. */
  set(collection: string, key: string, entry: Partial<RowEntry>, history: string): void;
  remove(collection: string, key: string): void;
  /** Whether there is a live row that fulfils a condition. */
  some(condition: string, ...bindings: unknown[]): boolean;
}

const HERE = "collection = ? AND key = ?";

const UPSERT = `INSERT INTO edge_key_value VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
value = excluded.value, created_at = excluded.created_at, expires_at = excluded.expires_at, version = `;

const NEW_HISTORY = "excluded.version";

/** The new version with the receipts of the old row, unless they are so long that the row may become too large. */
const NEW_VERSION = `excluded.version ||
CASE WHEN length(version) <= ${RECEIPT_UNITS + 100} THEN substr(version, instr(version || ' ', ' ')) ELSE '' END`;

/** A row with more UTF-16 units than this, of up to six bytes each, may have no room for receipts in its 2 MB. */
const ROOMY_UNITS = 300_000;

/** Whether a row has room for more than one receipt. */
export function isRoomy(collection: string, key: string, json: string): boolean {
  return collection.length + key.length + json.length <= ROOMY_UNITS;
}

export function tableRows({ run }: SqlTables): Rows {
  function upsert(collection: string, key: string, entry: Partial<RowEntry>, version: string, history: string): void {
    const { json = null, createdAt = null, expiresAt = null } = entry;
    run(`${UPSERT}${history}`, toSqlText(collection), toSqlText(key), json, createdAt, expiresAt, version);
  }

  return {
    find(collection, key) {
      const query = `SELECT ${COLUMNS} FROM edge_key_value WHERE ${HERE}`;
      const [found] = run<Columns>(query, toSqlText(collection), toSqlText(key));
      return found && toStoredRow(found);
    },

    put(collection, key, entry, version) {
      upsert(collection, key, entry, version, isRoomy(collection, key, entry.json) ? NEW_VERSION : NEW_HISTORY);
    },

    set: (collection, key, entry, history) => upsert(collection, key, entry, history, NEW_HISTORY),

    remove(collection, key) {
      run(`DELETE FROM edge_key_value WHERE ${HERE}`, toSqlText(collection), toSqlText(key));
    },

    some: (condition, ...bindings) =>
      run(`SELECT 1 FROM edge_key_value WHERE ${condition} AND ${LIVE} LIMIT 1`, ...bindings, Date.now()).length > 0,
  };
}
