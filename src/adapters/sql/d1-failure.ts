import type { SqlFailure } from "./database.ts";
import { sqliteFailure } from "./sqlite-failure.ts";

/** By what D1 writes in its messages. Source: developers.cloudflare.com/d1/observability/debug-d1. */
const FAILURES: readonly (readonly [pattern: RegExp, failure: SqlFailure])[] = [
  [/overloaded|too many requests queued/i, { code: "overloaded", message: "D1 is overloaded" }],
  [/exceeded (its )?(memory|CPU)/i, { code: "overloaded", message: "D1 ran out of memory or time" }],
  [/maximum (DB|database) size|storage limit/i, { code: "full", message: "the D1 database is full" }],
  [/exceeded timeout/i, { code: "timeout", message: "D1 took too long" }],
  [
    /reset|network connection lost|transient|disconnected|starting up/i,
    { code: "unavailable", message: "D1 could not be reached for a moment" },
  ],
];

/** What an error of D1 means. */
export function d1Failure(cause: unknown): SqlFailure {
  const known = sqliteFailure(cause);
  if (known.code !== "backend" || known.missingTable) return known;
  const { message } = Object(cause) as { message?: unknown };
  return FAILURES.find(([pattern]) => pattern.test(String(message)))?.[1] ?? { code: "backend", message: "D1 failed" };
}
