import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { storedJson } from "../../core/stored-json.ts";
import { timeIn } from "../../core/times.ts";
import type { CachedResponse } from "./client.ts";
import { NAME } from "./failure.ts";

/** A year, in seconds. The cache drops responses that nobody reads long before. */
const MAX_AGE = 31_536_000;

const CREATED = "x-created-at";
const EXPIRES = "x-expires-at";

/** The response that is put into the cache for an entry, whose value has this JSON. */
export function responseOf(text: string, { createdAt, expiresAt }: Entry): Response {
  const seconds = expiresAt === undefined ? MAX_AGE : Math.ceil((expiresAt - Date.now()) / 1000) + 1;
  const headers = new Headers({
    "cache-control": `max-age=${Math.min(Math.max(1, seconds), MAX_AGE)}`,
    "content-type": "application/json",
  });
  if (createdAt !== undefined) headers.set(CREATED, `${createdAt}`);
  if (expiresAt !== undefined) headers.set(EXPIRES, `${expiresAt}`);
  return new Response(text, { headers });
}

/** Returns the entry in a response of the cache. */
export async function entryIn(
  response: CachedResponse,
  onCorrupt: OnCorrupt,
  details: ErrorDetails,
): Promise<Entry | undefined> {
  // The body is read even if the entry has expired: on Workers, one that is not read keeps its connection.
  const value = storedJson(await response.text());
  const createdAt = timeIn(response.headers.get(CREATED));
  const expiresAt = timeIn(response.headers.get(EXPIRES));
  if (value !== undefined && !Number.isNaN(createdAt) && !Number.isNaN(expiresAt))
    return { value, createdAt, expiresAt };
  if (onCorrupt === "miss") return undefined;
  throw new KeyValueError("corrupted", "the cached response is not an entry", { store: NAME, ...details });
}
