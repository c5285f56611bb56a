import type { SqlFailure } from "./database.ts";
import { sqliteFailure } from "./sqlite-failure.ts";

/** By the codes of `@libsql/client` and of its server. */
const FAILURES: Readonly<Record<string, SqlFailure>> = {
  HRANA_WEBSOCKET_ERROR: { code: "unavailable", message: "the connection to the database failed" },
  HRANA_CLOSED_ERROR: { code: "unavailable", message: "the connection to the database was closed" },
  CLIENT_CLOSED: { code: "unavailable", message: "the client is closed" },
  BLOCKED: { code: "full", message: "the database is blocked, since its quota is used up" },
};

/** What an error of libSQL means. */
export function libsqlFailure(cause: unknown): SqlFailure {
  const { code, message } = Object(cause) as { code?: unknown; message?: unknown };
  const known = FAILURES[String(code)] ?? sqliteFailure(cause);
  // Not repeated: the client's connection to a local file stays unusable for a while after it has met a lock.
  if (known.repeatFor) return { ...known, repeatFor: 0 };
  if (known.code !== "backend" || known.missingTable) return known;
  const status = Number(/HTTP status (\d{3})/.exec(String(message))?.[1]);
  if (status === 401 || status === 403) return { code: "unauthorized", message: "the database refuses the token" };
  if (status === 429) return { code: "rate_limited", message: "too many requests" };
  // `fetch` throws a TypeError when it cannot connect.
  const isUnreachable = status >= 500 || cause instanceof TypeError || (cause as Error).name === "FetchError";
  if (isUnreachable) return { code: "unavailable", message: "the database could not be reached" };
  return { code: "backend", message: "the database failed" };
}
