/** That the real clients fit what the SQL stores ask for. Checked by the compiler, never run. */
import type { DatabaseSync } from "node:sqlite";
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
