import { compareCodePoints } from "../../core/order.ts";
import type { SqlValue, Statement } from "./database.ts";
import { type Dialect, type NamesQuery, type SwapRow, statement } from "./dialect.ts";

/** Whose clock decides: that of the caller, in the same process, or that of the server. */
export type Clock = "caller" | "server";

/** The first placeholder is the caller's clock, except where no time is needed. */
const CALLER_NOW = "?1";
/** SQLite's clock has milliseconds, as a fraction that is not always exact. */
const SERVER_NOW = "CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)";

/** The parts in which a table may differ. */
export interface SqliteLayout {
  /** Creates what is missing. */
  readonly create: readonly Statement[];
  /** Holds for rows that hold an entry, expired or not. */
  readonly held: string;
  /** The value, or NULL if a time is not a number. */
  readonly value: string;
  /** The milliseconds left as a float, as for {@link CREATED}, or text that is no number if the deadline is not one. */
  life(now: string): string;
  /** The version of an entry in a row. */
  readonly version: string;
  /** The column `version` of a row after a write with this version and value. */
  versionAfter(version: string, value: string): string;
}

/**
 * The large column is the last one: SQLite has to walk through a value to reach the columns after it. A table without row
 * ids is one tree instead of two, and D1 bills a write to it as one row.
 */
function strictLayout(name: string): SqliteLayout {
  const create = [
    `CREATE TABLE IF NOT EXISTS "${name}" (collection TEXT NOT NULL, key TEXT NOT NULL, expires_at INTEGER,
      created_at INTEGER, version TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key))
      WITHOUT ROWID, STRICT`,
    `CREATE INDEX IF NOT EXISTS "${name}_expires_at" ON "${name}" (expires_at) WHERE expires_at IS NOT NULL`,
  ];
  return {
    create: create.map((text) => statement(text)),
    held: "TRUE",
    value: "value",
    life: (now) => `CAST(expires_at - ${now} AS REAL)`,
    version: "version",
    versionAfter: (version) => version,
  };
}

/**
 * When an entry was put. A damaged row may have a whole number above 2^53, for which some clients fail the whole statement, so
 * the number is returned as a float.
 */
const CREATED = "iif(typeof(created_at) = 'integer', CAST(created_at AS REAL), created_at)";

/** A whole number as JSON writes it. SQLite reads other spellings too, but does not write them back. */
const WHOLE = "value = CAST(CAST(value AS INTEGER) AS TEXT)";

/** The statements for SQLite. They need SQLite 3.38 of 2022 (3.42 of 2023 with the server's clock). */
export function sqliteDialect(name: string, clock: Clock, layout: SqliteLayout = strictLayout(name)): Dialect {
  const { held, version, versionAfter } = layout;
  const table = `"${name}"`;
  const now = clock === "caller" ? CALLER_NOW : SERVER_NOW;
  // Written this way because SQLite would take the index on deadlines for `expires_at > …`, and then sort.
  const live = `${held} AND (expires_at <= ${now}) IS NOT TRUE`;
  const here = "collection = ?2 AND key = ?3";
  const entry = `value, ${CREATED} AS created, ${layout.life(now)} AS life, ${version} AS version`;
  const swapped = `RETURNING ${version} AS swapped`;

  const into = `INSERT INTO ${table} (collection, key, expires_at, created_at, version, value)`;
  const newVersion = versionAfter("excluded.version", "excluded.value");
  const assign = `expires_at = excluded.expires_at, created_at = excluded.created_at, version = ${newVersion},
    value = excluded.value`;
  /** Takes ?2 to ?7 from {@link valuesOf}. */
  const upsert = "ON CONFLICT (collection, key) DO UPDATE SET";
  const insert = `${into} VALUES (?2, ?3, ${now} + ?4, ?5, ?6, ?7) ${upsert}`;
  const look = `SELECT ${entry} FROM ${table} WHERE ${here} AND ${live}`;
  // CROSS JOIN keeps the order of the loops: for each key one search.
  const readMany = (columns: string): string => `SELECT place, ${columns}
    FROM (SELECT key AS place, value AS name FROM json_each(?3))
    CROSS JOIN ${table} WHERE collection = ?2 AND key = name AND ${live}`;
  const texts = {
    readValue: `SELECT ${layout.value} AS value FROM ${table} WHERE ${here} AND ${live}`,
    readValues: readMany(`${layout.value} AS value`),
    readMany: readMany(entry),
    write: `${insert} ${assign}`,
    // Each value that is not sent saves time.
    writeLasting: `${into} VALUES (?1, ?2, NULL, ?3, ?4, ?5) ${upsert} ${assign}`,
    writeMany: `${into} SELECT ?2, json_extract(value, '$[0]'), ${now} + json_extract(value, '$[1]'),
      json_extract(value, '$[2]'), ?3, json_extract(value, '$[3]') FROM json_each(?4) WHERE true
      ${upsert} ${assign}`,
    remove: `DELETE FROM ${table} WHERE ${here} RETURNING ${live} AS removed`,
    removeMany: `DELETE FROM ${table} WHERE collection = ?2 AND key IN (SELECT asked.value FROM json_each(?3) AS asked)
      RETURNING ${live} AS removed`,
    insert: `${insert} ${assign} WHERE NOT (${live}) ${swapped}`,
    replace: `UPDATE ${table} SET expires_at = ${now} + ?4, created_at = ?5, version = ${versionAfter("?6", "?7")}, value = ?7
      WHERE ${here} AND ${version} = ?8 AND ${live} ${swapped}`,
    replaceKeeping: `UPDATE ${table} SET created_at = ?4, version = ${versionAfter("?5", "?6")}, value = ?6
      WHERE ${here} AND ${version} = ?7 AND ${live} ${swapped}`,
    removeVersion: `DELETE FROM ${table} WHERE ${here} AND ${version} = ?4 AND ${live} ${swapped}`,
    holds: `SELECT 1 AS held FROM ${table} WHERE ${live}`,
    cull: `DELETE FROM ${table} WHERE (collection, key) IN (SELECT collection, key FROM ${table}
      WHERE expires_at <= ${now} ORDER BY expires_at LIMIT ?2) RETURNING ${held} AS removed`,
    // Leave a value that is not JSON to a read, which reports it.
    take: `DELETE FROM ${table} WHERE ${here} AND ${live} AND json_valid(value) AND value <> 'null' RETURNING value AS taken`,
    increment: `${insert} value = CASE WHEN ${live} THEN CAST(CAST(value AS INTEGER) + CAST(?7 AS INTEGER) AS TEXT)
      ELSE excluded.value END, version = ${newVersion},
      created_at = CASE WHEN ${live} THEN created_at ELSE excluded.created_at END,
      expires_at = CASE WHEN ${live} THEN expires_at ELSE excluded.expires_at END
      WHERE NOT (${live}) OR (${WHOLE} AND
        abs(CAST(value AS INTEGER) + CAST(?7 AS INTEGER)) <= ${Number.MAX_SAFE_INTEGER}) RETURNING value AS sum`,
    touch: `UPDATE ${table} SET expires_at = ${now} + ?4, version = ${versionAfter("?5", "value")} WHERE ${here} AND ${live} RETURNING 1 AS touched`,
  };

  const valuesOf = (row: SwapRow): SqlValue[] => [row.life, row.created, row.version, row.value];

  /** The bounds of names, as ?3 and (if there is an end) ?4, and the values of these placeholders. */
  function bounds(column: string, { from, to, after }: NamesQuery) {
    const goesOn = after !== undefined && compareCodePoints(after, from) >= 0;
    return {
      // Both lower bounds at once would make SQLite start at one of them and step over all names up to the other.
      lower: `${column} ${goesOn ? ">" : ">="} ?3`,
      below: to === undefined ? "" : ` AND ${column} < ?4`,
      args: [goesOn ? after : from, ...(to === undefined ? [] : [to])],
    };
  }

  return {
    ownClock: clock === "server",
    pack: (value) => JSON.stringify(value),
    unpack: (text) => JSON.parse(text),
    create: layout.create,

    readValue: (collection, key, at) => statement(texts.readValue, at, collection, key),
    read: (collection, key, at) => statement(look, at, collection, key),
    readValues: (collection, keys, at) => statement(texts.readValues, at, collection, `[${keys}]`),
    readMany: (collection, keys, at) => statement(texts.readMany, at, collection, `[${keys}]`),

    write: (collection, { key, life, created, value }, version, at) =>
      life === null
        ? statement(texts.writeLasting, collection, key, created, version, value)
        : statement(texts.write, at, collection, key, life, created, version, value),
    packRow: ({ key, life, created, value }) => JSON.stringify([key, life, created, value]),
    writeMany: (collection, rows, version, at) => statement(texts.writeMany, at, collection, version, `[${rows}]`),
    remove: (collection, key, at) => statement(texts.remove, at, collection, key),
    removeMany: (collection, keys, at) => statement(texts.removeMany, at, collection, `[${keys}]`),

    insert: (collection, next, at) => [
      statement(texts.insert, at, collection, next.key, ...valuesOf(next)),
      statement(look, at, collection, next.key),
    ],
    swap(collection, key, expected, next, at) {
      const found = statement(look, at, collection, key);
      if (!next) return [statement(texts.removeVersion, at, collection, key, expected), found];
      const [life, ...values] = valuesOf(next);
      const change: Statement = next.keepsDeadline
        ? statement(texts.replaceKeeping, at, collection, key, ...values, expected)
        : statement(texts.replace, at, collection, key, life as SqlValue, ...values, expected);
      return [change, found];
    },

    nameIn: String,
    listKeys(collection, names, at) {
      const { lower, below, args } = bounds("key", names);
      const query = `SELECT key AS name FROM ${table} WHERE collection = ?2 AND ${lower}${below} AND ${live}
        ORDER BY key LIMIT ?${args.length + 3}`;
      return statement(query, at, collection, ...args, names.limit);
    },
    // Goes from each collection straight to the next, and skips its keys.
    listCollections(names, at) {
      const { lower, below, args } = bounds("collection", names);
      const first = (bound: string): string =>
        `(SELECT collection FROM ${table} WHERE ${bound}${below} AND ${live} ORDER BY collection LIMIT 1)`;
      const query = `WITH RECURSIVE found (name) AS (SELECT ${first(lower)} UNION ALL
        SELECT ${first("collection > found.name")} FROM found WHERE name IS NOT NULL)
        SELECT name FROM found WHERE name IS NOT NULL LIMIT ?2`;
      return statement(query, at, names.limit, ...args);
    },

    destroyCollection: (collection, at) => [
      statement(`${texts.holds} AND collection = ?2 LIMIT 1`, at, collection),
      statement(`DELETE FROM ${table} WHERE collection = ?1`, collection),
    ],
    // A statement without placeholders must get no values.
    destroy: (at) => [
      statement(`${texts.holds} LIMIT 1`, ...(clock === "caller" ? [at] : [])),
      statement(`DELETE FROM ${table}`),
    ],
    cull: (limit, at) => statement(texts.cull, at, limit),

    operations: {
      take: (collection, key, at) => [statement(texts.take, at, collection, key), statement(look, at, collection, key)],
      increment: (collection, first, at) => [
        statement(texts.increment, at, collection, first.key, ...valuesOf(first)),
        statement(look, at, collection, first.key),
      ],
      touch: (collection, key, life, version, at) => [statement(texts.touch, at, collection, key, life, version)],
    },
  };
}
