/** That a database of Bun fits. Checked by the compiler with Bun's types, never run. */
import type { Database } from "bun:sqlite";
import { sqliteStore } from "../../../src/adapters/sqlite.ts";

export function bun(database: Database) {
  return sqliteStore(database).increment("a");
}
