import type { SqlValue } from "./database.ts";
import { type Dialect, type NamesQuery, type SentRow, statement } from "./dialect.ts";
import { fromJsonb, JSON_TEXT, toJsonb } from "./postgres-json.ts";

/** The time at which the server received the statement. It moves on within a transaction, and indexes can use it. */
const NOW = "statement_timestamp()";

/** A whole number that is exact in JavaScript, and is written without an exponent. */
const WHOLE = "jsonb_typeof(t.value) = 'number' AND t.value::text ~ '^-?[0-9]{1,16}$'";

/** From epoch milliseconds, and from milliseconds left. All values are sent as text, which clients leave alone. */
const timeOf = (value: string): string => `to_timestamp(${value}::text::float8 / 1000)`;
const after = (value: string): string => `${NOW} + ${value}::text::float8 * interval '1 millisecond'`;

/**
 * The statements for PostgreSQL, on the table of Python's py-key-value-aio.
 *
 * Python's writes set no version, so the version is made of what PostgreSQL changes with every write: the transaction that
 * wrote the row, and the place of the row. Each operation is one statement, because every further one is another round trip.
 */
export function postgresDialect(name: string): Dialect {
  const table = `"${name}"`;
  const live = `(t.expires_at <= ${NOW}) IS NOT TRUE`;
  const here = "t.collection = $1 AND t.key = $2";
  const version = "translate(t.xmin::text || '.' || t.ctid::text, '(),', '.--')";
  const entry = `t.value::text AS value, (extract(epoch FROM t.created_at) * 1000)::text AS created,
    ((extract(epoch FROM t.expires_at) - extract(epoch FROM ${NOW})) * 1000)::text AS life, ${version} AS version`;
  const none = "NULL::text AS value, NULL::text AS created, NULL::text AS life, NULL::text AS version";

  const into = `INSERT INTO ${table} AS t (collection, key, value, ttl, created_at, expires_at)`;
  const one = `${into} VALUES ($1, $2, $3::text::jsonb, $4::text::float8 / 1000, ${timeOf("$5")}, ${after("$4")})`;
  const assign = ["value", "ttl", "created_at", "expires_at"]
    .map((column) => `${column} = excluded.${column}`)
    .join(", ");
  const upsert = `ON CONFLICT (collection, key) DO UPDATE SET ${assign}`;
  const look = `SELECT ${entry} FROM ${table} AS t WHERE ${here} AND ${live}`;
  /** Makes a conditional change, and returns the current entry if that did nothing. */
  const orLook = (change: string, column: string): string =>
    `WITH done AS (${change}) SELECT done.${column}, ${none} FROM done
     UNION ALL SELECT NULL, found.* FROM (${look}) AS found WHERE NOT EXISTS (SELECT FROM done)`;
  /** The same for one version. It locks the row first, because a read without a lock could be older than the change. */
  const ifVersion = (change: string): string =>
    `WITH found AS MATERIALIZED (${look} FOR UPDATE), done AS (${change} RETURNING ${version} AS swapped)
     SELECT done.swapped, ${none} FROM done
     UNION ALL SELECT NULL, found.* FROM found WHERE NOT EXISTS (SELECT FROM done)`;

  const readMany = (columns: string): string => `SELECT (asked.place - 1)::text AS place, ${columns}
    FROM json_array_elements_text($2::text::json) WITH ORDINALITY AS asked (key, place)
    JOIN ${table} AS t ON t.collection = $1 AND t.key = asked.key WHERE ${live}`;
  const texts = {
    readValue: `SELECT t.value::text AS value FROM ${table} AS t WHERE ${here} AND ${live}`,
    readValues: readMany("t.value::text AS value"),
    readMany: readMany(entry),
    write: `${one} ${upsert}`,
    writeMany: `${into} SELECT $1, sent.key, sent.value, sent.life / 1000, to_timestamp(sent.created / 1000),
      ${NOW} + sent.life * interval '1 millisecond'
      FROM json_to_recordset($2::text::json) AS sent (key text, value jsonb, life float8, created float8) ${upsert}`,
    remove: `DELETE FROM ${table} AS t WHERE ${here} RETURNING (${live})::int AS removed`,
    removeMany: `WITH locked AS (SELECT t.key FROM ${table} AS t WHERE t.collection = $1
        AND t.key IN (SELECT json_array_elements_text($2::text::json)) ORDER BY t.key COLLATE "C" FOR UPDATE),
      gone AS (DELETE FROM ${table} AS t USING locked WHERE t.collection = $1 AND t.key = locked.key
        RETURNING ${live} AS live)
      SELECT count(*) FILTER (WHERE live)::text AS removed FROM gone`,
    insert: orLook(`${one} ${upsert} WHERE t.expires_at <= ${NOW} RETURNING ${version} AS swapped`, "swapped"),
    replace: ifVersion(`UPDATE ${table} AS t SET value = $3::text::jsonb, ttl = $4::text::float8 / 1000,
      created_at = ${timeOf("$5")}, expires_at = ${after("$4")} FROM found WHERE ${here} AND found.version = $6::text`),
    replaceKeeping: ifVersion(`UPDATE ${table} AS t SET value = $3::text::jsonb, created_at = ${timeOf("$4")}
      FROM found WHERE ${here} AND found.version = $5::text`),
    removeVersion: ifVersion(`DELETE FROM ${table} AS t USING found WHERE ${here} AND found.version = $3::text`),
    destroy: (condition: string): string =>
      `WITH gone AS (DELETE FROM ${table} AS t WHERE ${condition} RETURNING ${live} AS live)
       SELECT 1 AS held FROM gone WHERE live LIMIT 1`,
    cull: `WITH locked AS (SELECT t.collection, t.key FROM ${table} AS t WHERE t.expires_at <= ${NOW}
        ORDER BY t.expires_at LIMIT $1::text::int FOR UPDATE SKIP LOCKED),
      gone AS (DELETE FROM ${table} AS t USING locked WHERE t.collection = locked.collection AND t.key = locked.key
        RETURNING 1)
      SELECT count(*)::text AS removed FROM gone`,
    // An escaped value may be damaged, so leave it to a read and a swap.
    take: orLook(
      `DELETE FROM ${table} AS t WHERE ${here} AND ${live} AND NOT jsonb_exists(t.value, '${JSON_TEXT}')
       AND t.value <> 'null' RETURNING t.value::text AS taken`,
      "taken",
    ),
    increment: orLook(
      `${one} ON CONFLICT (collection, key) DO UPDATE SET
       value = CASE WHEN t.expires_at <= ${NOW} THEN excluded.value
         ELSE to_jsonb((t.value #>> '{}')::numeric + $3::text::numeric) END,
       ttl = CASE WHEN t.expires_at <= ${NOW} THEN excluded.ttl ELSE t.ttl END,
       created_at = CASE WHEN t.expires_at <= ${NOW} THEN excluded.created_at ELSE t.created_at END,
       expires_at = CASE WHEN t.expires_at <= ${NOW} THEN excluded.expires_at ELSE t.expires_at END
       WHERE CASE WHEN t.expires_at <= ${NOW} THEN true WHEN ${WHOLE}
         THEN abs((t.value #>> '{}')::numeric + $3::text::numeric) <= ${Number.MAX_SAFE_INTEGER} ELSE false END
       RETURNING t.value::text AS sum`,
      "sum",
    ),
    touch: `UPDATE ${table} AS t SET expires_at = ${after("$3")}, ttl = $3::text::float8 / 1000
      WHERE ${here} AND ${live} RETURNING 1 AS touched`,
  };

  const textOf = (value: number | null): string | null => (value === null ? null : `${value}`);
  const valuesOf = ({ value, life, created }: SentRow): SqlValue[] => [value, textOf(life), textOf(created)];

  /**
   * The conditions for a range of names. Names are in the order of the column: by code point if this library created the table,
   * in the database's order if Python did.
   */
  function bounds(column: string, { from, to, after: name }: NamesQuery, at: number) {
    const conditions: string[] = [];
    const args: SqlValue[] = [];
    const add = (condition: string, value: string | undefined): void => {
      if (value === undefined) return;
      conditions.push(` AND ${condition} $${at + args.length}`);
      args.push(value);
    };
    add(`t.${column} >`, name);
    if (from !== "") add(`t.${column} COLLATE "C" >=`, from);
    add(`t.${column} COLLATE "C" <`, to);
    return { text: conditions.join(""), args };
  }

  return {
    ownClock: true,
    pack: toJsonb,
    unpack: fromJsonb,
    create: [
      `CREATE TABLE IF NOT EXISTS ${table} (collection TEXT COLLATE "C" NOT NULL, key TEXT COLLATE "C" NOT NULL,
        value JSONB NOT NULL, ttl DOUBLE PRECISION, created_at TIMESTAMPTZ, expires_at TIMESTAMPTZ,
        PRIMARY KEY (collection, key))`,
      `CREATE INDEX IF NOT EXISTS "idx_${name}_expires_at" ON ${table} (expires_at) WHERE expires_at IS NOT NULL`,
    ].map((text) => statement(text)),

    readValue: (collection, key) => statement(texts.readValue, collection, key),
    read: (collection, key) => statement(look, collection, key),
    readValues: (collection, keys) => statement(texts.readValues, collection, `[${keys}]`),
    readMany: (collection, keys) => statement(texts.readMany, collection, `[${keys}]`),

    write: (collection, row) => statement(texts.write, collection, row.key, ...valuesOf(row)),
    packRow: ({ key, value, life, created }) =>
      `{"key":${JSON.stringify(key)},"value":${value},"life":${life},"created":${created}}`,
    writeMany: (collection, rows) => statement(texts.writeMany, collection, `[${rows}]`),
    remove: (collection, key) => statement(texts.remove, collection, key),
    removeMany: (collection, keys) => statement(texts.removeMany, collection, `[${keys}]`),

    insert: (collection, next) => [statement(texts.insert, collection, next.key, ...valuesOf(next))],
    swap(collection, key, expected, next) {
      if (!next) return [statement(texts.removeVersion, collection, key, expected)];
      const [value, life, created] = valuesOf(next) as [string, SqlValue, SqlValue];
      return next.keepsDeadline
        ? [statement(texts.replaceKeeping, collection, key, value, created, expected)]
        : [statement(texts.replace, collection, key, value, life, created, expected)];
    },

    // PGlite drops a byte order mark at the start of a text, so another character comes first.
    nameIn: (column) => String(column).slice(1),
    listKeys(collection, names) {
      const { text, args } = bounds("key", names, 3);
      const query = `SELECT '.' || t.key AS name FROM ${table} AS t WHERE t.collection = $1${text} AND ${live}
        ORDER BY t.key LIMIT $2::text::int`;
      return statement(query, collection, `${names.limit}`, ...args);
    },
    // Goes from each collection straight to the next, and skips its keys.
    listCollections(names) {
      const { text, args } = bounds("collection", names, 2);
      const { text: rest } = bounds(
        "collection",
        { ...names, after: undefined },
        2 + (names.after === undefined ? 0 : 1),
      );
      const first = (condition: string): string =>
        `(SELECT t.collection FROM ${table} AS t WHERE ${live}${condition} ORDER BY t.collection LIMIT 1)`;
      const query = `WITH RECURSIVE found (name) AS (SELECT ${first(text)} UNION ALL
        SELECT ${first(`${rest} AND t.collection > found.name`)} FROM found WHERE name IS NOT NULL)
        SELECT '.' || name AS name FROM found WHERE name IS NOT NULL LIMIT $1::text::int`;
      return statement(query, `${names.limit}`, ...args);
    },

    destroyCollection: (collection) => [statement(texts.destroy("t.collection = $1"), collection)],
    destroy: () => [statement(texts.destroy("true"))],
    cull: (limit) => statement(texts.cull, `${limit}`),

    operations: {
      take: (collection, key) => [statement(texts.take, collection, key)],
      increment: (collection, first) => [statement(texts.increment, collection, first.key, ...valuesOf(first))],
      touch: (collection, key, life) => [statement(texts.touch, collection, key, textOf(life))],
    },
  };
}
