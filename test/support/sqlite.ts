/** The SQLite of the runtime that the tests run on: `node:sqlite` of Node and Deno, `bun:sqlite`. */
import type { SQLiteDatabase } from "../../src/adapters/sqlite.ts";
import { onWorkers } from "./runtime.ts";

/** A database as the tests use it beside the store. */
export interface TestDatabase extends SQLiteDatabase {
  exec(sql: string): unknown;
  close(): void;
}

export interface TestSQLite {
  /** Opens a database: in memory, or at a path. */
  open(path?: string): TestDatabase;
  /** A path in a new folder. */
  path(): string;
  writeFile(path: string, text: string): void;
}

const runtime = globalThis as { Bun?: unknown };

/** workerd has no SQLite outside of Durable Objects. */
export const sqlite: TestSQLite | undefined = onWorkers ? undefined : await load();

async function load(): Promise<TestSQLite> {
  // Not literals, so that what bundles the tests for workerd does not look for them.
  const load = (name: string) => import(/* @vite-ignore */ name);
  const { Database, DatabaseSync } = await load(runtime.Bun ? "bun:sqlite" : "node:sqlite");
  const Opened = Database ?? DatabaseSync;
  const fs: typeof import("node:fs") = await load("node:fs");
  const { tmpdir }: typeof import("node:os") = await load("node:os");
  const { join }: typeof import("node:path") = await load("node:path");
  return {
    open: (path = ":memory:") => new Opened(path),
    path: () => join(fs.mkdtempSync(join(tmpdir(), "edge-key-value-sqlite-")), "data.db"),
    writeFile: (path, text) => fs.writeFileSync(path, text),
  };
}
