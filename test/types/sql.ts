/** That the real clients fit what the SQL stores ask for. Checked by the compiler, never run. */
import type { DatabaseSync } from "node:sqlite";
import type { D1Database } from "@cloudflare/workers-types";
import type { PGlite } from "@electric-sql/pglite";
import type { Client, Transaction } from "@libsql/client";
import type { Client as PgClient, Pool } from "pg";
import type { Sql, TransactionSql } from "postgres";
import { d1Store } from "../../src/adapters/d1.ts";
import { libsqlStore } from "../../src/adapters/libsql.ts";
import { postgresStore } from "../../src/adapters/postgres.ts";
import { type SQLiteStoreOptions, sqliteStore } from "../../src/adapters/sqlite.ts";
import type { CapabilitiesOf, Capability } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

export async function sqlite(database: DatabaseSync, options: SQLiteStoreOptions) {
  const handed = sqliteStore(database, options);
  proves<Equal<CapabilitiesOf<typeof handed>, Capability>>();
  await using opened = sqliteStore("data.db");
  proves<Equal<CapabilitiesOf<typeof opened>, Capability>>();
  // @ts-expect-error: what was handed in is not the store's to close
  await handed[Symbol.asyncDispose]();
  // @ts-expect-error: not a database
  sqliteStore(new Map());
  // @ts-expect-error: no such policy
  sqliteStore("data.db", { onCorrupt: "ignore" });
}

export function d1(database: D1Database) {
  const strong = d1Store(database, { table: "entries" });
  proves<Equal<CapabilitiesOf<typeof strong>, Capability>>();
  d1Store(database, { consistency: "eventual", session: database.withSession("first-primary") });
  // @ts-expect-error: a session may read from replicas, so it is an option
  d1Store(database.withSession());
  // @ts-expect-error: no such consistency
  d1Store(database, { consistency: "weak" });
}

export function libsql(client: Client, transaction: Transaction) {
  const store = libsqlStore(client, { onCorrupt: "miss" });
  proves<Equal<CapabilitiesOf<typeof store>, Capability>>();
  libsqlStore(transaction).increment("a");
  // @ts-expect-error: not a client
  libsqlStore(new Map());
}

export function postgres(pool: Pool, client: PgClient, sql: Sql, transaction: TransactionSql, embedded: PGlite) {
  const store = postgresStore(pool, { table: "entries" });
  proves<Equal<CapabilitiesOf<typeof store>, Capability>>();
  for (const one of [client, sql, transaction, embedded]) postgresStore(one).increment("a");
  // @ts-expect-error: not a client
  postgresStore(new Map());
}
