import { type Dialect, statement } from "../sql/dialect.ts";
import { type SqliteLayout, sqliteDialect } from "../sql/sqlite-dialect.ts";
import { RECEIPT_UNITS } from "./history.ts";

// Without row ids a write is billed as one row, not two. The index finds what there is to cull.
export const CREATE = `
CREATE TABLE IF NOT EXISTS edge_key_value (
  collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT, created_at INTEGER, expires_at INTEGER, version TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edge_key_value_deadline ON edge_key_value (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS edge_key_value_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`;

/** How many bytes names and a value may have beside receipts. */
const ROOMY_BYTES = 1_900_000;

/** Whether a row has room for more than one receipt. A UTF-16 unit takes at most six bytes as JSON. */
export function isRoomy(collection: string, key: string, json: string): boolean {
  return (collection.length + key.length + json.length) * 6 <= ROOMY_BYTES;
}

/** The table is not strict, so a program of somebody else may have written a text or a blob for a time. */
const isNoTime = (column: string): string => `typeof(${column}) IN ('text', 'blob')`;

/**
 * The table of an object. A row without a value marks a removal, and `version` holds the receipts of operations as well: see
 * `history.ts`. A write leaves the receipts, unless they are so long that the row may become larger than its 2 MB.
 */
const layout: SqliteLayout = {
  create: [statement(CREATE)],
  held: "value IS NOT NULL",
  value: `iif(${isNoTime("expires_at")} OR ${isNoTime("created_at")}, NULL, value)`,
  life: (now) => `iif(${isNoTime("expires_at")}, 'no time', CAST(expires_at - ${now} AS REAL))`,
  version: "substr(version, 1, instr(version || ' ', ' ') - 1)",
  versionAfter: (
    version,
    value,
  ) => `${version} || CASE WHEN instr(version, ' ') = 0 OR octet_length(version) > ${4 * RECEIPT_UNITS}
    OR octet_length(collection) + octet_length(key) + octet_length(${value}) > ${ROOMY_BYTES}
    THEN '' ELSE substr(version, instr(version || ' ', ' ')) END`,
};

/** The statements for that table. */
export const objectDialect: Dialect = /* @__PURE__ */ sqliteDialect("edge_key_value", "caller", layout);

/** What a statement takes, as JSON: a parameter has at most 2 MB. Source: developers.cloudflare.com/durable-objects/platform/limits. */
export const PART_BYTES = 1_900_000;
