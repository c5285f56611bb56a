import { existsSync } from "node:fs";
import { type SQLiteDatabase, sqliteStore } from "../../src/adapters/sqlite.ts";
import { toDriver } from "../../src/index.ts";
import { UsageError } from "../usage-error.ts";
import type { Backend, OpenOptions } from "./backend.ts";

interface OwnDatabase extends SQLiteDatabase {
  exec(sql: string): void;
  close(): void;
}

type DatabaseClass = new (path: string, options: { readOnly: boolean }) => OwnDatabase;

/** A SQLite file. A command that only reads opens it read-only: it creates no file and no table, and changes no mode. */
export async function openSQLite(path: string, { table, use }: OpenOptions): Promise<Backend> {
  const Database = await databaseClass();
  const options = table === undefined ? {} : { table };
  const isThere = existsSync(path);
  if (!isThere && use !== "create" && use !== "try") throw new UsageError(`${path} does not exist`);
  if (!isThere || use === "change" || use === "create") {
    const store = sqliteStore(use === "try" ? ":memory:" : path, options);
    return { label: path, driver: toDriver(store), close: async () => store[Symbol.asyncDispose]() };
  }
  const database = new Database(path, { readOnly: true });
  database.exec("PRAGMA busy_timeout = 5000");
  return { label: path, driver: toDriver(sqliteStore(database, options)), close: async () => database.close() };
}

async function databaseClass(): Promise<DatabaseClass> {
  // Node warns that its SQLite is experimental, which is of no use to whoever runs this command.
  process.removeAllListeners("warning");
  try {
    return (await import("node:sqlite" as string)).DatabaseSync;
  } catch {
    throw new UsageError(`SQLite needs Node 22.13 or newer; this is ${process.version}`);
  }
}
