import type { SqlFailure } from "./database.ts";

/** How long to repeat what PostgreSQL has rolled back because of other transactions, in milliseconds. */
const PATIENCE = 30_000;

const unavailable: SqlFailure = { code: "unavailable", message: "the database could not be reached" };
const unauthorized: SqlFailure = { code: "unauthorized", message: "the database refuses the user or its rights" };
const rolledBack: SqlFailure = { code: "conflict", message: "other transactions came first", repeatFor: PATIENCE };
const createdMeanwhile: SqlFailure = { code: "backend", message: "the table is being created", repeatFor: PATIENCE };

/** By SQLSTATE, whole or by class. Source: postgresql.org/docs/current/errcodes-appendix.html. */
const FAILURES: Readonly<Record<string, SqlFailure>> = {
  "08": unavailable,
  "22021": { code: "misconfigured", message: "the encoding of the database must be UTF8" },
  "22P05": { code: "misconfigured", message: "the encoding of the database must be UTF8" },
  "23505": createdMeanwhile,
  "25006": { code: "read_only", message: "the database is read-only" },
  "25P02": { code: "backend", message: "a statement failed earlier in the transaction" },
  "28": unauthorized,
  "3D000": { code: "misconfigured", message: "the database does not exist" },
  "3F000": unauthorized,
  "40001": rolledBack,
  "40P01": rolledBack,
  "42501": unauthorized,
  "42P01": { code: "backend", message: "the table is missing", missingTable: true },
  "42710": createdMeanwhile,
  "42P07": createdMeanwhile,
  "53100": { code: "full", message: "the disk of the database is full" },
  "53": { code: "overloaded", message: "the database has no memory or no connection left" },
  "54": { code: "too_large", message: "too large for the database" },
  "55P03": { code: "timeout", message: "a lock was not free in time" },
  "57014": { code: "timeout", message: "the statement took too long" },
  "57P": unavailable,
};

/** The codes of Node's sockets and of postgres.js. */
const UNREACHABLE = /^(E[A-Z]{4,}|CONNECTION_[A-Z]+)$/;

/** What an error of `pg`, postgres.js or PGlite means. */
export function postgresFailure(cause: unknown): SqlFailure {
  const { code, message } = Object(cause) as { code?: unknown; message?: unknown };
  const state = String(code);
  const known = FAILURES[state] ?? FAILURES[state.slice(0, 3)] ?? FAILURES[state.slice(0, 2)];
  if (known && /^[0-9A-Z]{5}$/.test(state)) return known;
  if (state === "CONNECT_TIMEOUT" || /timeout/i.test(String(message))) {
    return { code: "timeout", message: "the database did not answer in time" };
  }
  if (
    UNREACHABLE.test(state) ||
    /connection (terminated|error|ended)|not queryable|end(ed)? on the pool|closed/i.test(String(message))
  ) {
    return unavailable;
  }
  return { code: "backend", message: "the database failed" };
}
