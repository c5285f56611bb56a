import { refuse } from "../core/checks.ts";
import type { OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import type { SqlDatabase, SqlRow, SqlValue } from "./sql/database.ts";
import { sqlDriver } from "./sql/driver.ts";
import { libsqlFailure } from "./sql/libsql-failure.ts";
import { sqliteDialect } from "./sql/sqlite-dialect.ts";
import { tableName } from "./sql/table-name.ts";

export type { OnCorrupt };

/** A statement as the client takes it. */
export interface LibSQLStatement {
  sql: string;
  args: SqlValue[];
}

/** What this adapter needs of a client; `Client` and `Transaction` of `@libsql/client` fit. */
export interface LibSQLClient {
  execute(statement: LibSQLStatement): Promise<{ readonly rows: readonly unknown[] }>;
  batch(statements: LibSQLStatement[], mode?: "write"): Promise<readonly { readonly rows: readonly unknown[] }[]>;
}

/** Options of {@link libsqlStore}. */
export interface LibSQLStoreOptions extends StoreOptions {
  /** The table: lower-case letters, digits and `_`. Default: `"edge_key_value"`. */
  readonly table?: string | undefined;
  /** What to do with a stored row that is not an entry. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/** The most bytes that a bulk sends in one statement. */
const BULK_BYTES = 1_000_000;

/**
 * Makes a store in a libSQL database: at Turso, on a server of your own, or in a local file.
 *
 * | | |
 * |---|---|
 * | Consistency | strong; an embedded replica reads what it has synchronised |
 * | Limits | those of the database; a local file has rows of at most 1 GB |
 * | Calls per operation | one for a read, a write, a swap, `increment`, `take`, `touch`, a page; bulks over 1 MB are split |
 * | Stores | a row in the table `edge_key_value`, the value as JSON text; the table is created at first use |
 *
 * The database's clock decides what has expired. The store sends nothing again after a lost reply: the call fails with code
 * `unavailable`, and may have happened. Reads never return expired entries, but these stay in the table until you call
 * `cull()`.
 *
 * @throws TypeError when the first argument is not a client, or an option is of the wrong type.
 *
 * @example
 * ```ts
 * import { createClient } from "@libsql/client";
 * import { libsqlStore } from "edge-key-value/adapters/libsql";
 *
 * const store = libsqlStore(createClient({ url: "file:data.db" }));
 * await store.put("visits", 1);
 * ```
 */
export function libsqlStore(client: LibSQLClient, options: LibSQLStoreOptions = {}): Store<Capability> {
  const { table = "edge_key_value", onCorrupt } = options;
  if (typeof client?.batch !== "function" || typeof client.execute !== "function") {
    refuse("client", "a client of @libsql/client", client);
  }
  const dialect = sqliteDialect(tableName(table), "server");
  return createStore(sqlDriver(databaseOf(client), dialect, { limits: { bulkBytes: BULK_BYTES }, onCorrupt }), options);
}

function databaseOf(client: LibSQLClient): SqlDatabase {
  return {
    name: "libsql",
    async batch(statements) {
      const sent = statements.map(({ text, args }) => ({ sql: text, args: [...args] }));
      const [only] = sent;
      const results = sent.length === 1 && only ? [await client.execute(only)] : await client.batch(sent, "write");
      return results.map(({ rows }) => rows as readonly SqlRow[]);
    },
    failure: libsqlFailure,
  };
}
