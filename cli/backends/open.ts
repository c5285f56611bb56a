import { pathOf, urlOf } from "../addresses.ts";
import { UsageError } from "../usage-error.ts";
import type { Backend, OpenOptions } from "./backend.ts";
import { openDynamoDB } from "./dynamodb.ts";
import { openPostgres } from "./postgres.ts";
import { openRedis } from "./redis.ts";
import { openSQLite } from "./sqlite.ts";
import { openUpstash } from "./upstash.ts";
import { openWorkersKV } from "./workers-kv.ts";

/**
 * Opens the backend at an address; `undefined` if the address is a file of lines.
 *
 * @param option The option with the address, for messages.
 * @param tokens The names of the variables that may have Upstash's token, the most important first.
 */
export async function openBackend(
  address: string,
  option: string,
  tokens: readonly string[],
  options: OpenOptions,
): Promise<Backend | undefined> {
  const path = sqlitePathOf(address);
  if (path !== undefined) return await openSQLite(path, options);
  if (address === "-" || address.startsWith("file:")) return undefined;
  const url = urlOf(address, option);
  const scheme = url?.protocol.slice(0, -1) ?? "";
  if (url && ["redis", "rediss"].includes(scheme)) return openRedis(url, options);
  if (url && ["postgres", "postgresql"].includes(scheme)) return await openPostgres(url, options);
  if (url && scheme === "dynamodb") return openDynamoDB(url, option);
  if (url && scheme === "workers-kv") return openWorkersKV(url, option, options);
  if (url && ["upstash+https", "upstash+http"].includes(scheme)) {
    const token =
      decodeURIComponent(url.password || url.username) || tokens.map((name) => process.env[name]).find(Boolean);
    if (token) return openUpstash(url, token, options);
    throw new UsageError(`${option} needs a token: set UPSTASH_REDIS_REST_TOKEN`);
  }
  // The address may contain a secret, so do not show it.
  const known =
    "redis://…, rediss://…, upstash+https://…, postgres://…, dynamodb://table, workers-kv://…, sqlite:path, file:path or -";
  throw new UsageError(`${option} must be ${known}${scheme ? `, not ${scheme}:…` : ""}`);
}

/** Returns the path of a SQLite file: `sqlite:path`, or `file:path` with a common ending. */
export function sqlitePathOf(address: string): string | undefined {
  if (address.startsWith("sqlite:")) return pathOf(address);
  if (!address.startsWith("file:")) return undefined;
  const path = pathOf(address);
  return /\.(?:db|sqlite3?)$/i.test(path) ? path : undefined;
}
