import { bound, oneOf, refuse } from "../core/checks.ts";
import type { OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { d1Failure } from "./sql/d1-failure.ts";
import type { SqlDatabase, SqlRow, SqlValue } from "./sql/database.ts";
import { sqlDriver } from "./sql/driver.ts";
import { sqliteDialect } from "./sql/sqlite-dialect.ts";
import { tableName } from "./sql/table-name.ts";

export type { OnCorrupt };

/** What this adapter needs of a prepared statement. */
export interface D1Statement {
  bind(...values: SqlValue[]): D1Statement;
  all(): Promise<{ readonly results: unknown[] }>;
}

/** What this adapter needs of a session; `D1DatabaseSession` fits. */
export interface D1Session {
  prepare(query: string): D1Statement;
  batch(statements: D1Statement[]): Promise<{ readonly results: unknown[] }[]>;
}

/** What this adapter needs of a database; `D1Database` fits. */
export interface D1Client extends D1Session {
  withSession(constraint: "first-unconstrained"): D1Session;
}

/** Options of {@link d1Store}. */
export interface D1StoreOptions extends StoreOptions {
  /** The table: lower-case letters, digits and `_`. Default: `"edge_key_value"`. */
  readonly table?: string | undefined;
  /**
   * `"strong"`, the default, sends every read to the primary. `"eventual"` sends plain reads and listings to the nearest read
   * replica. The store uses one session, so it still reads its own writes. Atomic operations stay strong.
   */
  readonly consistency?: "strong" | "eventual" | undefined;
  /**
   * The session for `consistency: "eventual"`, such as one that continues from the bookmark of an earlier request. Default: a
   * session that starts at the nearest replica.
   */
  readonly session?: D1Session | undefined;
  /** What to do with a stored row that is not an entry. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/** A row in D1 takes at most 2 MB. The times, the version and SQLite itself need a few bytes of that. */
const ROW_BYTES = 1_999_800;

/** D1 binds values of at most 2 MB. */
const BULK_BYTES = 1_000_000;

/**
 * Makes a store in a Cloudflare D1 database.
 *
 * | | |
 * |---|---|
 * | Consistency | strong; eventual where `consistency` asks for reads from replicas |
 * | Limits | collection, key and value (as JSON) together 1,999,800 bytes; 10 GB a database |
 * | Calls per operation | one for a read, a write, a swap, `increment`, `take`, `touch`, a page; bulks over 1 MB are split |
 * | Stores | a row in the table `edge_key_value`, the value as JSON text; the table is created at first use |
 *
 * D1's clock decides what has expired, so all Workers agree on it. D1 does not repeat a write whose reply was lost: the write
 * fails with code `unavailable`, and may have happened. Reads never return expired entries, but these stay in the table until
 * you call `cull()`, for example from a cron trigger. `destroy()` empties the table.
 *
 * Limits: developers.cloudflare.com/d1/platform/limits.
 *
 * @throws TypeError when the first argument is not a D1 database, or an option is of the wrong type.
 *
 * @example
 * ```ts
 * import { d1Store } from "edge-key-value/adapters/d1";
 *
 * export default {
 *   async fetch(_request: Request, env: { readonly DB: D1Database }): Promise<Response> {
 *     const store = d1Store(env.DB);
 *     return Response.json(await store.increment("visits"));
 *   },
 * };
 * ```
 */
export function d1Store(database: D1Client, options: D1StoreOptions = {}): Store<Capability> {
  const { table = "edge_key_value", consistency = "strong", session, onCorrupt } = options;
  oneOf(consistency, "consistency", ["strong", "eventual"]);
  bound(database, "database", "a D1");
  if (typeof database.withSession !== "function") refuse("database", "a D1 database", database);
  if (session && consistency === "strong")
    refuse("consistency", '"eventual" with a session, which may read from replicas');
  const dialect = sqliteDialect(tableName(table), "server");
  const limits = { rowBytes: ROW_BYTES, bulkBytes: BULK_BYTES };
  let current: D1Session | undefined = consistency === "strong" ? database : session;
  const replicas = (): D1Session => (current ??= database.withSession("first-unconstrained"));
  return createStore(sqlDriver(databaseOf(database, replicas), dialect, { limits, onCorrupt, consistency }), options);
}

function databaseOf(database: D1Client, replicas: () => D1Session): SqlDatabase {
  return {
    name: "d1",
    async batch(statements, stale = false) {
      const isRead = statements.every(({ text }) => /^(SELECT|WITH)/.test(text));
      // Writes go through the session, so its later reads include them. Fresh reads go to the primary.
      const client = isRead && !stale ? database : replicas();
      const prepared = statements.map(({ text, args }) => client.prepare(text).bind(...args));
      const results = prepared.length === 1 ? [await prepared[0]?.all()] : await client.batch(prepared);
      return results.map((result) => result?.results as SqlRow[]);
    },
    failure: d1Failure,
  };
}
