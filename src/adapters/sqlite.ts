import { refuse } from "../core/checks.ts";
import type { OnCorrupt } from "../core/corrupt.ts";
import type { Awaitable, Capability, Store } from "../core/driver.ts";
import { type Closable, createStore, type StoreOptions } from "../core/store.ts";
import { chain } from "./sql/awaitable.ts";
import type { SqlDatabase } from "./sql/database.ts";
import { sqlDriver } from "./sql/driver.ts";
import {
  type SQLiteConnection,
  type SQLiteDatabase,
  type SQLiteStatement,
  sqliteConnection,
} from "./sql/sqlite-connection.ts";
import { sqliteDialect } from "./sql/sqlite-dialect.ts";
import { sqliteFailure } from "./sql/sqlite-failure.ts";
import { sqliteFile } from "./sql/sqlite-file.ts";
import { tableName } from "./sql/table-name.ts";

export type { OnCorrupt, SQLiteDatabase, SQLiteStatement };

/** Options of {@link sqliteStore}. */
export interface SQLiteStoreOptions extends StoreOptions {
  /** The table: lower-case letters, digits and `_`. Default: `"edge_key_value"`. */
  readonly table?: string | undefined;
  /** What to do with a stored row that is not an entry. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * Makes a store in a SQLite database: a file, or a database that you have open.
 *
 * | | |
 * |---|---|
 * | Consistency | strong, for all processes that have the file open |
 * | Limits | a row has at most 1 GB, SQLite's own limit |
 * | Calls per operation | none leaves the process; each operation is one transaction, also a bulk |
 * | Stores | a row in the table `edge_key_value`, the value as JSON text; the table is created at first use |
 *
 * With a path, the store opens the file at first use with the runtime's own SQLite (`node:sqlite` of Node 22.13 or newer
 * and of Deno, `bun:sqlite`), in WAL mode. `await using` closes it.
 *
 * A database of `node:sqlite`, `bun:sqlite` or `better-sqlite3` keeps its settings, and stays open. If it has a transaction
 * open, the store takes part in it.
 *
 * In WAL mode a process that is killed loses no write that was acknowledged. After a power cut the last few writes may be
 * missing, unless the database has `PRAGMA synchronous = FULL`. While another connection holds the write lock, writes wait for
 * up to five seconds. Reads never return expired entries, but these stay in the file until you call `cull()`.
 *
 * Limits: sqlite.org/limits.html.
 *
 * @throws TypeError when the first argument is neither a path nor a database, or an option is of the wrong type.
 *
 * @example
 * ```ts
 * import { sqliteStore } from "edge-key-value/adapters/sqlite";
 *
 * await using store = sqliteStore("data.db");
 * await store.put("visits", 1);
 * ```
 */
export function sqliteStore(
  path: string,
  options?: SQLiteStoreOptions,
): Store<Capability> & Closable<{ close(): void }>;
export function sqliteStore(database: SQLiteDatabase, options?: SQLiteStoreOptions): Store<Capability>;
export function sqliteStore(database: string | SQLiteDatabase, options: SQLiteStoreOptions = {}): Store<Capability> {
  const { table = "edge_key_value", onCorrupt } = options;
  const dialect = sqliteDialect(tableName(table), "caller");
  return createStore(sqlDriver(databaseOf(database), dialect, { limits: {}, onCorrupt }), options);
}

function databaseOf(given: string | SQLiteDatabase): SqlDatabase {
  if (typeof given === "string" && given !== "") {
    const { connect, close } = sqliteFile(given);
    return { ...over(connect), close };
  }
  if (typeof (given as Partial<SQLiteDatabase> | undefined)?.prepare !== "function") {
    refuse("database", "a path, or a database of node:sqlite, bun:sqlite or better-sqlite3", given);
  }
  const connection = sqliteConnection(given as SQLiteDatabase);
  return over(() => connection);
}

function over(connect: () => Awaitable<SQLiteConnection>): SqlDatabase {
  return {
    name: "sqlite",
    staysPrepared: true,
    batch: (statements) =>
      chain(connect(), ({ run, transaction }) =>
        statements.length === 1 ? statements.map(run) : transaction(() => statements.map(run)),
      ),
    transaction: (work) => chain(connect(), ({ run, transaction }) => transaction(() => work(run))),
    failure: sqliteFailure,
  };
}
