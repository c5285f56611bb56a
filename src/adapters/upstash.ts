import { joinAddress } from "../core/address.ts";
import { oneOf, refuse, string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Store } from "../core/driver.ts";
import { type ErrorCode, type ErrorDetails, KeyValueError } from "../core/errors.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { type RedisCapability, redisDriver } from "./redis/driver.ts";
import { isReply, replyError } from "./redis/errors.ts";
import { type RedisServer, utf8Bytes } from "./redis/server.ts";

export type { RedisCapability };

/** The part of an `@upstash/redis` client that the store calls. `Redis` of each of its entry points fits. */
export interface UpstashClient {
  exec(command: [command: string, ...args: string[]]): Promise<unknown>;
}

/** The REST URL and token of a database, as the Upstash console shows them. */
export interface UpstashCredentials {
  readonly url: string;
  readonly token: string;
}

/** Options of {@link upstashStore}. */
export interface UpstashStoreOptions extends StoreOptions {
  /** Names entries `prefix::collection::key`. The store owns these names: it can `destroy` them. Default: no prefix. */
  readonly keyPrefix?: string | undefined;
  /** What to do with stored bytes that are not an entry: throw `corrupted`, or treat them as missing. Default: `"throw"`. */
  readonly onCorrupt?: OnCorrupt | undefined;
  /**
   * `"strong"` reads from the primary region, `"eventual"` from the nearest region of a global database. Atomic
   * operations and listings always go to the primary. Default: `"strong"`.
   */
  readonly consistency?: "strong" | "eventual" | undefined;
}

/**
 * Makes a store in Upstash Redis, which it reaches over HTTP.
 *
 * | | |
 * |---|---|
 * | Consistency | strong, or eventual when `consistency` asks for reads from the nearest region |
 * | Limits | name in Redis 32 KB (prefix, collection and key); request 10 MB, which bounds a value |
 * | Calls per operation | one HTTP request for a read, a write, a delete, an atomic operation or a page; larger bulks are split |
 * | Stores | `collection::key`, with the JSON envelope of Python's py-key-value-aio and Redis's own expiry |
 *
 * Pass a client of `@upstash/redis` 1.35.3 or newer, or `{ url, token }`: the store then imports the package at its
 * first use. Integers beyond 2^53 that Python wrote are rounded, as JavaScript does.
 *
 * A bulk is atomic in each of its requests. The server's clock decides when entries expire. A write that the client sends
 * again after a lost reply happens once: Redis keeps the outcomes of writes that are under way in one hash for each
 * process or isolate, which expires after two minutes. Without `keyPrefix` the store sees every entry in the database and
 * has no `destroy`.
 *
 * @throws TypeError when the first argument is neither a client nor credentials, or `keyPrefix` is not a string.
 * @throws KeyValueError `misconfigured` when the URL or the token is undefined.
 *
 * @example
 * ```ts
 * import { Redis } from "@upstash/redis";
 * import { upstashStore } from "edge-key-value/adapters/upstash";
 *
 * const store = upstashStore(Redis.fromEnv(), { keyPrefix: "my-app" });
 *
 * await store.put("user:1", { name: "Ada" }, { ttl: 3600 });
 * await store.increment("visits");
 * ```
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
  const { keyPrefix, consistency = "strong" } = options;
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  oneOf(consistency, "consistency", ["strong", "eventual"]);
  // Joined like a collection, so that no prefix is the start of another: `app` owns nothing of `app2`.
  const own = keyPrefix === undefined ? "" : joinAddress(string(keyPrefix, "keyPrefix"), "");
  return createStore(redisDriver(upstashServer(redis), { keyPrefix: own, onCorrupt, consistency }), options);
}

function upstashServer(redis: UpstashClient | UpstashCredentials): RedisServer {
  const given = redis as Partial<UpstashClient & UpstashCredentials> | undefined;
  refuseWithoutAddress(given);
  let client = typeof given?.exec === "function" ? (given as UpstashClient) : undefined;
  if (!client && !(typeof given?.url === "string" && typeof given.token === "string")) {
    refuse("redis", "a client of @upstash/redis 1.35.3 or newer, or { url, token }", redis);
  }
  return {
    name: "upstash",
    limits: { keyBytes: 32 * 1024, requestBytes: 10 * 1024 * 1024 },
    sizeOf: (text) => utf8Bytes(JSON.stringify(text)),
    // JSON escapes a control character with six bytes.
    bytesPerUnit: 6,
    // The client sends a command up to six times, and Deno's `fetch` repeats one whatever the client's options say.
    resends: true,
    plainReplies: false,
    async call(command) {
      // The client is kept, not a promise of it: on Workers no request may await what another one started.
      client ??= await connect(given as UpstashCredentials);
      return client.exec(command as [command: string, ...args: string[]]);
    },
    errorOf: upstashError,
  };
}

/** Variables of the environment that are not set arrive as `undefined`. The client would try five times to reach them. */
function refuseWithoutAddress(given: object | undefined): void {
  const { client = {} } = Object(given) as { readonly client?: unknown };
  const { baseUrl = "", headers } = Object(client) as { readonly baseUrl?: unknown; readonly headers?: unknown };
  const undefinedNames = ["url", "token"].filter((name) => {
    return Object.hasOwn(Object(given), name) && (given as Record<string, unknown>)[name] === undefined;
  });
  if ("baseUrl" in Object(client) && baseUrl === "") undefinedNames.push("url");
  if (Object(headers).authorization === "Bearer undefined") undefinedNames.push("token");
  if (undefinedNames.length === 0) return;
  const names = undefinedNames.join(" and ");
  const verb = undefinedNames.length > 1 ? "are" : "is";
  const hint = "are UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN set?";
  const message = `upstashStore needs a URL and a token, but ${names} ${verb} undefined: ${hint}`;
  throw new KeyValueError("misconfigured", message, { store: "upstash" });
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

/** The meaning of the service's messages: the client does not pass on the HTTP status. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/unauthorized|WRONGPASS|NOAUTH|NOPERM/i, "unauthorized"],
  [/max database size|db size/i, "full"],
  [/max request size|max key size|record size|value size/i, "too_large"],
  [/requests? limit|rate ?limit|too many requests|limit exceeded/i, "rate_limited"],
];

/** Keeps only the service's own message: the client adds the whole command, with stored values, to its errors. */
function upstashError(failed: unknown, details: ErrorDetails): KeyValueError {
  if (failed instanceof KeyValueError)
    return new KeyValueError(failed.code, failed.message, { ...details, cause: failed.cause });
  const { name, message = "" }: Partial<Error> =
    typeof failed === "string" ? { name: "UpstashError", message: failed } : Object(failed);
  if (name === "AbortError")
    return new KeyValueError("aborted", "the client's signal ended the request", { ...details, cause: failed });
  if (name === "TimeoutError")
    return new KeyValueError("timeout", "Upstash did not respond in time", { ...details, cause: failed });
  // The message contains the header, and with it the token.
  if (/invalid (header )?value/i.test(message))
    return new KeyValueError("misconfigured", "the token has characters that an HTTP header cannot hold", details);
  // A response that is not JSON comes from a proxy; an error that is not the client's comes from the network.
  if (name !== "UpstashError") {
    const cause = name === "UpstashJSONParseError" ? new Error("the response is not JSON") : failed;
    return new KeyValueError("unavailable", "Upstash cannot be reached", { ...details, cause });
  }
  const text = message.split(", command was: ", 1)[0] as string;
  const [, code] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  if (!code && isReply(text)) return replyError(text, details);
  return new KeyValueError(code ?? "backend", "Upstash returned an error", { ...details, cause: new Error(text) });
}
