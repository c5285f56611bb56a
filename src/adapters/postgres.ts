import { refuse } from "../core/checks.ts";
import type { OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import type { SqlDatabase, SqlRow, SqlValue, Statement } from "./sql/database.ts";
import { sqlDriver } from "./sql/driver.ts";
import { postgresDialect } from "./sql/postgres-dialect.ts";
import { postgresFailure } from "./sql/postgres-failure.ts";
import { tableName } from "./sql/table-name.ts";

export type { OnCorrupt };

/** What this adapter needs of a client; `Pool` and `Client` of `pg`, and `PGlite`, fit. */
export interface PostgresClient {
  query(text: string, values: SqlValue[]): Promise<{ readonly rows: unknown[] }>;
}

/** What this adapter needs of postgres.js; `Sql` and `TransactionSql` of `postgres` fit. */
export interface PostgresJS {
  unsafe(text: string, values: SqlValue[]): PromiseLike<readonly unknown[]>;
}

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions extends StoreOptions {
  /** The table: lower-case letters, digits and `_`. Default: `"kv_store"`, as Python's py-key-value-aio has it. */
  readonly table?: string | undefined;
  /** What to do with a stored row that is not an entry. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/** An index row has at most 2,704 bytes, and PostgreSQL itself needs a few of them. */
const KEY_BYTES = 2600;

/** The most bytes that a bulk sends in one statement. */
const BULK_BYTES = 8 * 1024 * 1024;

/**
 * Makes a store in a PostgreSQL database.
 *
 * | | |
 * |---|---|
 * | Consistency | strong |
 * | Limits | collection and key together 2,600 bytes; a value as JSONB takes about 255 MB |
 * | Calls per operation | one for a read, a write, a swap, `increment`, `take`, `touch`, a page; bulks over 8 MB are split |
 * | Stores | a row in `kv_store`, the table of Python's py-key-value-aio, the value as JSONB; it is created at first use |
 *
 * Takes a pool or client of `pg`, a client of postgres.js, or PGlite. Each operation is one statement, so it needs no
 * transaction, and takes part in one that the client has open. The store repeats for up to 30 seconds what PostgreSQL rolls
 * back because of other transactions. A call whose reply was lost fails with code `unavailable`, and may have happened.
 *
 * The database's clock decides what has expired. Reads never return expired entries, but these stay in the table until you call
 * `cull()`. `destroy()` empties the table. JSONB does not keep the order of an object's properties. A value with NUL or half of
 * a surrogate pair, which JSONB cannot hold, is stored as `{"__json_text__": "…"}`.
 *
 * Limits: postgresql.org/docs/current/limits.html.
 *
 * @throws TypeError when the first argument is not a client, or an option is of the wrong type.
 *
 * @example
 * ```ts
 * import pg from "pg";
 * import { postgresStore } from "edge-key-value/adapters/postgres";
 *
 * const store = postgresStore(new pg.Pool({ connectionString: "postgres://localhost/app" }));
 * await store.put("user:123", { name: "Alice" }, { ttl: 3600 });
 * ```
 */
export function postgresStore(
  client: PostgresClient | PostgresJS,
  options: PostgresStoreOptions = {},
): Store<Capability> {
  const { table = "kv_store", onCorrupt } = options;
  const dialect = postgresDialect(tableName(table));
  const limits = { keyBytes: KEY_BYTES, bulkBytes: BULK_BYTES };
  return createStore(sqlDriver(databaseOf(client), dialect, { limits, onCorrupt }), options);
}

function databaseOf(client: PostgresClient | PostgresJS): SqlDatabase {
  const ask = asking(client);
  return {
    name: "postgres",
    async batch(statements) {
      // The driver sends more than one only to create the table, and to write and remove in the same bulk.
      const results: (readonly SqlRow[])[] = [];
      for (const statement of statements) results.push(await ask(statement));
      return results;
    },
    failure: postgresFailure,
  };
}

/** The clients that have our listener for errors. */
const listening = /* @__PURE__ */ new WeakSet<object>();

function asking(client: PostgresClient | PostgresJS): (statement: Statement) => Promise<readonly SqlRow[]> {
  const given = client as Partial<PostgresClient & PostgresJS & { on(name: "error", listener: () => void): void }>;
  if (typeof given?.unsafe === "function") {
    const sql = client as PostgresJS;
    // If a connection broke in the middle of a result, postgres.js 3.4 starts the next result of that connection with holes.
    return async ({ text, args }) =>
      [...(await sql.unsafe(text, [...args]))].filter((row) => row !== undefined) as SqlRow[];
  }
  if (typeof given?.query !== "function") refuse("client", "a pool or client of pg, postgres.js, or PGlite", client);
  if (typeof given.on === "function" && !listening.has(client)) {
    listening.add(client);
    // Without a listener, `pg` ends the process when an idle connection breaks. The next call reports the failure.
    given.on("error", () => {});
  }
  const pg = client as PostgresClient;
  return async ({ text, args }) => (await pg.query(text, [...args])).rows as SqlRow[];
}
