import { joinAddress } from "../core/address.ts";
import { oneOf, string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Store } from "../core/driver.ts";
import { type Closable, createStore, type StoreOptions } from "../core/store.ts";
import { type RedisClient, redisServer } from "./redis/clients.ts";
import { openConnection } from "./redis/connection.ts";
import { type RedisCapability, redisDriver } from "./redis/driver.ts";

export type {
  BunRedisClient,
  IORedisClient,
  IORedisCluster,
  NodeRedisClient,
  NodeRedisCluster,
  RedisClient,
} from "./redis/clients.ts";
export type { RedisCapability };

/** Options of {@link redisStore}. */
export interface RedisStoreOptions extends StoreOptions {
  /** Names entries `prefix::collection::key`. The store owns these names: it can `destroy` them. Default: no prefix. */
  readonly keyPrefix?: string | undefined;
  /** What to do with stored bytes that are not an entry: throw `corrupted`, or treat them as missing. Default: `"throw"`. */
  readonly onCorrupt?: OnCorrupt | undefined;
  /**
   * `"eventual"` is for a client that reads from replicas: they may return old values. Atomic operations and listings always go
   * to masters. Default: `"strong"`.
   */
  readonly consistency?: "strong" | "eventual" | undefined;
}

/** A store that has opened its own connection, and closes it. */
type Opened = Closable<{ close(): void }>;

/**
 * Makes a store in Redis or Valkey, over TCP or TLS.
 *
 * | | |
 * |---|---|
 * | Consistency | strong; eventual for a client that reads from replicas, and while a failover loses what no replica has yet |
 * | Limits | name 1 MiB (prefix, collection and key); request 32 MiB, which bounds a value; larger bulks are split |
 * | Calls per operation | one command for a read, a write, a delete, an atomic operation or a page; in a cluster bulks are split by slot |
 * | Stores | `collection::key`, with the JSON envelope of Python's py-key-value-aio and Redis's own expiry |
 *
 * Needs Redis 6.0 or newer, or any Valkey. Pass a connected client of node-redis (`createClient`, `createClientPool`,
 * `createCluster`), ioredis or iovalkey (`Redis`, `Cluster`), or Bun's `RedisClient`. With a `redis:` or `rediss:` URL the
 * store opens a connection at its first use, with the package `@redis/client` 5 or newer, and has `[Symbol.asyncDispose]()` to
 * close it. It never closes a client that it was given.
 *
 * The server's clock decides when entries expire. ioredis sends commands again when a connection has broken: the store then
 * writes with scripts that leave receipts, and each write still happens once. Other clients report the loss, as `unavailable`:
 * the write may have happened. `getMany` treats a Redis value of another type as missing, because MGET does; `get` throws
 * `corrupted`.
 *
 * @throws TypeError when the first argument is neither a client nor a URL, or the client has a `keyPrefix` of its own.
 *
 * @example
 * ```ts
 * import { redisStore } from "edge-key-value/adapters/redis";
 *
 * await using store = redisStore("redis://localhost:6379", { keyPrefix: "my-app" });
 *
 * await store.put("user:1", { name: "Ada" }, { ttl: 3600 });
 * await store.increment("visits");
 * ```
 */
export function redisStore(
  url: string | URL,
  options: RedisStoreOptions & { readonly keyPrefix: string },
): Store<RedisCapability | "destroy"> & Opened;
export function redisStore(url: string | URL, options?: RedisStoreOptions): Store<RedisCapability> & Opened;
export function redisStore(
  client: RedisClient,
  options: RedisStoreOptions & { readonly keyPrefix: string },
): Store<RedisCapability | "destroy">;
export function redisStore(client: RedisClient, options?: RedisStoreOptions): Store<RedisCapability>;
export function redisStore(redis: RedisClient | string | URL, options: RedisStoreOptions = {}): Store<RedisCapability> {
  const { keyPrefix, consistency = "strong" } = options;
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  oneOf(consistency, "consistency", ["strong", "eventual"]);
  // Joined like a collection, so that no prefix is the start of another: `app` owns nothing of `app2`.
  const own = keyPrefix === undefined ? "" : joinAddress(string(keyPrefix, "keyPrefix"), "");
  const connection = typeof redis === "string" || redis instanceof URL ? openConnection(urlOf(redis)) : undefined;
  const server = redisServer(connection ?? (redis as RedisClient), consistency === "strong");
  const driver = redisDriver(server, { keyPrefix: own, onCorrupt, consistency });
  return createStore(connection ? { ...driver, close: connection.close } : driver, options);
}

/** The message does not show what was given, which may hold a password. */
function urlOf(given: string | URL): string {
  if (URL.canParse(given) && /^rediss?:$/.test(new URL(given).protocol)) return `${given}`;
  throw new TypeError("url must be a URL that starts with redis: or rediss:");
}
