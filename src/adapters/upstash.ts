import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";
import type { Store } from "../core/driver.ts";
import { type ErrorCode, type ErrorDetails, KeyValueError } from "../core/errors.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { type RedisServer, utf8Bytes } from "./redis/calls.ts";
import { type RedisCapability, redisDriver } from "./redis/driver.ts";

/** What this adapter needs of a client; `Redis` of every entry point of `@upstash/redis` fits. */
export interface UpstashClient {
  exec(command: [command: string, ...args: string[]]): Promise<unknown>;
}

/** Where a database is and what opens it, as the Upstash console shows them. */
export interface UpstashCredentials {
  readonly url: string;
  readonly token: string;
}

/** Options of {@link upstashStore}. */
export interface UpstashStoreOptions extends StoreOptions {
  /** Sets this store's names in Redis apart, as `prefix::collection::key`, and makes it their owner: it can `destroy` them. */
  readonly keyPrefix?: string | undefined;
  /** What to make of stored bytes that are not an entry: an error with code `corrupted` (the default), or a missing one. */
  readonly onCorrupt?: "throw" | "miss" | undefined;
  /**
   * `"strong"`, the default, sends every read to the primary region. `"eventual"` lets the nearest read region of a
   * global database answer; atomic operations and listings go to the primary all the same.
   */
  readonly consistency?: "strong" | "eventual" | undefined;
}

/**
 * A store in Redis at Upstash, reached over HTTP.
 *
 * | | |
 * |---|---|
 * | Consistency | strong; on a global database eventual, where `consistency` asks for reads from nearby |
 * | Limits | name in Redis 32 KB (prefix, collection and key), request 10 MB, which bounds a value as it is sent |
 * | Calls per operation | one HTTP request for a read, a write, a delete, a swap, a page; bulks over 10 MB are split |
 * | Stores | `collection::key`, with the JSON envelope of Python's py-key-value-aio, and Redis's own expiry |
 *
 * Pass a client, with automatic deserialisation or without, or `{ url, token }`, for which the package `@upstash/redis`
 * is loaded at the first use. Integers beyond 2^53 that Python wrote are rounded, as JavaScript does.
 *
 * A bulk is atomic in each of its requests. An atomic operation leaves a receipt, a name without value that expires in
 * two minutes, so that one which the client sends again after a lost reply happens once. Without `keyPrefix` the store
 * sees every entry in the database and has no `destroy`.
 *
 * @throws TypeError when the first argument is neither a client nor credentials, or `keyPrefix` is not a string.
 */
export function upstashStore(
  redis: UpstashClient | UpstashCredentials,
  options: UpstashStoreOptions & { readonly keyPrefix: string },
): Store<RedisCapability | "destroy">;
export function upstashStore(
  redis: UpstashClient | UpstashCredentials,
  options?: UpstashStoreOptions,
): Store<RedisCapability>;
export function upstashStore(
  redis: UpstashClient | UpstashCredentials,
  options: UpstashStoreOptions = {},
): Store<RedisCapability> {
  const { keyPrefix, onCorrupt = "throw", consistency = "strong" } = options;
  // Joined like a collection, so that no prefix starts the names of another one: `app` owns nothing of `app2`.
  const own = keyPrefix === undefined ? "" : joinAddress(string(keyPrefix, "keyPrefix"), "");
  return createStore(redisDriver(serverOf(redis), { keyPrefix: own, onCorrupt, consistency }), options);
}

function serverOf(redis: UpstashClient | UpstashCredentials): RedisServer {
  const given = redis as Partial<UpstashClient & UpstashCredentials> | undefined;
  let client = typeof given?.exec === "function" ? (given as UpstashClient) : undefined;
  if (!client && !(typeof given?.url === "string" && typeof given.token === "string")) {
    throw new TypeError("upstashStore takes a client of @upstash/redis 1.35.3 or newer, or { url, token }");
  }
  return {
    name: "upstash",
    limits: { keyBytes: 32 * 1024, requestBytes: 10 * 1024 * 1024 },
    sizeOf: (text) => utf8Bytes(JSON.stringify(text)),
    async call(command) {
      // The client is kept, its promise is not: a Worker must not wait in one request for what another one started.
      client ??= await connect(given as UpstashCredentials);
      return client.exec(command as [command: string, ...args: string[]]);
    },
    failure,
  };
}

async function connect({ url, token }: UpstashCredentials): Promise<UpstashClient> {
  try {
    const { Redis } = await import("@upstash/redis");
    return new Redis({ url, token, automaticDeserialization: false });
  } catch (cause) {
    const problem = (cause as Error)?.name === "UrlError" ? "an https url" : 'the package "@upstash/redis" installed';
    throw new KeyValueError("misconfigured", `upstashStore({ url, token }) needs ${problem}`, { cause });
  }
}

/** What the texts of the service mean; the client does not pass the status on. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/unauthorized|WRONGPASS|NOAUTH|NOPERM/i, "unauthorized"],
  [/max request size|max key size|record size|value size/i, "too_large"],
  [/requests? limit|rate ?limit|too many requests|limit exceeded/i, "rate_limited"],
];

/** The client puts the whole command, values and all, into the messages of its errors: only what was answered is kept. */
function failure(failed: unknown, details: ErrorDetails): KeyValueError {
  if (failed instanceof KeyValueError)
    return new KeyValueError(failed.code, failed.message, { ...details, cause: failed.cause });
  const { name, message = "" }: Partial<Error> =
    typeof failed === "string" ? { name: "UpstashError", message: failed } : Object(failed);
  if (name === "AbortError")
    return new KeyValueError("aborted", "the client's signal ended the request", { ...details, cause: failed });
  if (name === "TimeoutError")
    return new KeyValueError("timeout", "Upstash has not answered in time", { ...details, cause: failed });
  // The message has the whole header, and with it the token.
  if (/invalid (header )?value/i.test(message))
    return new KeyValueError("misconfigured", "the token has characters that no header can hold", details);
  // What is not JSON comes from something in between, and what is no error of the client's from the network.
  if (name !== "UpstashError") {
    const cause = name === "UpstashJSONParseError" ? new Error("the answer is not JSON") : failed;
    return new KeyValueError("unavailable", "Upstash cannot be reached", { ...details, cause });
  }
  const text = message.split(", command was: ", 1)[0] as string;
  const [, code = "backend"] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return new KeyValueError(code, "Upstash answered with an error", { ...details, cause: new Error(text) });
}
