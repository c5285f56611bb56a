import { KeyValueError } from "../../core/errors.ts";
import type { SqlFailure } from "./database.ts";

/** How long to wait for the lock of another connection, in milliseconds. */
const LOCK_PATIENCE = 5000;

/** By SQLite's names for them, without `SQLITE_`. Source: sqlite.org/rescode.html. */
const FAILURES: Readonly<Record<string, SqlFailure>> = {
  BUSY: { code: "unavailable", message: "the database is locked by another connection", repeatFor: LOCK_PATIENCE },
  LOCKED: { code: "unavailable", message: "the table is locked by another statement" },
  FULL: { code: "full", message: "the disk or the database is full" },
  READONLY: { code: "read_only", message: "the database is read-only" },
  CORRUPT: { code: "corrupted", message: "the database file is damaged" },
  NOTADB: { code: "corrupted", message: "the file is not a SQLite database" },
  TOOBIG: { code: "too_large", message: "too large for a row" },
  CANTOPEN: {
    code: "misconfigured",
    message: "the database file cannot be opened: does its folder exist, and may this program write there?",
  },
  PERM: { code: "unauthorized", message: "access to the database is denied" },
  AUTH: { code: "unauthorized", message: "access to the database is denied" },
  NOMEM: { code: "overloaded", message: "SQLite has no memory left" },
};

/** The numbers of those names. */
const NAMES: Readonly<Record<number, string>> = {
  3: "PERM",
  5: "BUSY",
  6: "LOCKED",
  7: "NOMEM",
  8: "READONLY",
  11: "CORRUPT",
  13: "FULL",
  14: "CANTOPEN",
  18: "TOOBIG",
  23: "AUTH",
  26: "NOTADB",
};

/**
 * What an error of SQLite means, in any client.
 *
 * The name is in `code` (`bun:sqlite`, `better-sqlite3`, libSQL) or in the message (D1), the number in `errcode`
 * (`node:sqlite`). Longer names and larger numbers are extended forms of these.
 */
export function sqliteFailure(cause: unknown): SqlFailure {
  if (cause instanceof KeyValueError) return cause;
  const { code, errcode, message } = Object(cause) as Partial<Record<"code" | "errcode" | "message", unknown>>;
  if (String(message).includes("no such table")) {
    return { code: "backend", message: "the table is missing", missingTable: true };
  }
  // Deno opens files without a code in its errors.
  if (String(message).includes("unable to open database file")) return FAILURES.CANTOPEN as SqlFailure;
  const named = /^SQLITE_([A-Z]+)/.exec(String(code)) ?? /\bSQLITE_([A-Z]+)/.exec(String(message));
  const name = typeof errcode === "number" ? NAMES[errcode & 0xff] : named?.[1];
  return FAILURES[name ?? ""] ?? { code: "backend", message: "the database failed" };
}
