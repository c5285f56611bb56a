import { KeyValueError } from "../../core/errors.ts";
import { type SQLiteConnection, type SQLiteDatabase, sqliteConnection } from "./sqlite-connection.ts";

/** A database that the store has opened, and closes. */
interface OwnDatabase extends SQLiteDatabase {
  close(): void;
}

type DatabaseClass = new (path: string) => OwnDatabase;

/** How long SQLite may block the thread to wait for a lock, in milliseconds. After that the store waits without blocking. */
const BUSY_TIMEOUT = 50;

/** A file that is opened at first use. */
export interface SQLiteFile {
  connect(): SQLiteConnection | Promise<SQLiteConnection>;
  close(): void;
}

/** The database file at a path. */
export function sqliteFile(path: string): SQLiteFile {
  let database: OwnDatabase | undefined;
  let connection: SQLiteConnection | undefined;
  let closed = false;

  async function open(): Promise<SQLiteConnection> {
    const Database = await databaseClass();
    refuseClosed();
    // Another caller may have opened it meanwhile.
    if (connection) return connection;
    try {
      database = new Database(path);
    } catch (cause) {
      // workerd has the module, but its class does not work.
      throw cause instanceof TypeError ? noSQLite(cause) : cause;
    }
    try {
      connection = setUp(database);
    } catch (cause) {
      database.close();
      throw cause;
    }
    return connection;
  }

  function refuseClosed(): void {
    if (closed) throw new KeyValueError("unavailable", "the store is closed");
  }

  return {
    connect: () => connection ?? open(),
    close() {
      closed = true;
      connection = undefined;
      database?.close();
      database = undefined;
    },
  };
}

function setUp(database: SQLiteDatabase): SQLiteConnection {
  const connection = sqliteConnection(database);
  // Not by `exec`, whose errors have no code in Deno.
  const pragma = (text: string) => connection.run({ text: `PRAGMA ${text}`, args: [] });
  pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
  try {
    // The mode is kept in the file. It can be set later if another process is opening the file now.
    pragma("journal_mode = WAL");
  } catch {}
  // In WAL mode this loses nothing when a process dies, and spares a wait for the disk at each write.
  pragma("synchronous = NORMAL");
  return connection;
}

/**
 * The runtime's own SQLite. Compilers do not know these modules everywhere, and bundlers must leave them alone: webpack and Vite
 * by the comments, esbuild because the imports are inside `try`.
 */
async function databaseClass(): Promise<DatabaseClass> {
  try {
    if ("Bun" in globalThis) {
      return (await import(/* webpackIgnore: true */ /* @vite-ignore */ "bun:sqlite" as string)).Database;
    }
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ "node:sqlite" as string)).DatabaseSync;
  } catch (cause) {
    throw noSQLite(cause);
  }
}

function noSQLite(cause: unknown): KeyValueError {
  const message = "this runtime has no SQLite of its own, as Node 22.13, Bun and Deno have: pass a database instead";
  return new KeyValueError("misconfigured", message, { cause });
}
