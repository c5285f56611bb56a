/** That the real clients and bindings fit what the adapters ask for. Checked by the compiler, never run. */
import type { DurableObjectNamespace, DurableObjectState, KVNamespace, R2Bucket } from "@cloudflare/workers-types";
import { Redis } from "@upstash/redis";
import { Redis as CloudflareRedis } from "@upstash/redis/cloudflare";
import { Redis as FastlyRedis } from "@upstash/redis/fastly";
import { cacheAPIStore } from "../../src/adapters/cache-api.ts";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import { r2Store } from "../../src/adapters/r2.ts";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { workersKVRestStore } from "../../src/adapters/workers-kv-rest.ts";

export function bucketAndCache(bucket: R2Bucket, cache: Cache) {
  r2Store(bucket).increment("a");
  r2Store(bucket, { keyPrefix: "app" }).destroy();
  // @ts-expect-error: a shared bucket is not the store's to empty
  r2Store(bucket).destroy();
  // @ts-expect-error: R2 has no delete with a condition, so nothing can be culled
  r2Store(bucket).cull();
  // @ts-expect-error: not a bucket
  r2Store(new Map());

  cacheAPIStore(cache).get("a");
  // @ts-expect-error: a cache cannot be listed
  cacheAPIStore(cache).listKeys();
  // @ts-expect-error: nor can it swap
  cacheAPIStore(cache).putIfAbsent("a", 1);
}

export function rest() {
  const access = { accountId: "a", namespaceId: "n", apiToken: "t" };
  workersKVRestStore({ ...access, keyPrefix: "app", fetch }).destroy();
  // @ts-expect-error: a shared namespace is not the store's to empty
  workersKVRestStore(access).destroy();
  // @ts-expect-error: Workers KV cannot swap
  workersKVRestStore(access).putIfAbsent("a", 1);
  // @ts-expect-error: a token is needed
  workersKVRestStore({ accountId: "a", namespaceId: "n" });
}

export function bindings(
  kv: KVNamespace,
  users: KVNamespace<"user:1">,
  objects: DurableObjectNamespace,
  state: DurableObjectState,
) {
  workersKVStore(users as KVNamespace);
  workersKVStore(kv, { keyPrefix: "app:" }).destroy();
  // @ts-expect-error: a shared namespace is not the store's to empty
  workersKVStore(kv).destroy();
  // @ts-expect-error: Workers KV cannot swap
  workersKVStore(kv).putIfAbsent("a", 1);
  // @ts-expect-error: not a namespace
  workersKVStore(new Map());

  durableObjectStore(objects, { shards: 4 }).take("a");
  durableObjectStorageStore(state.storage).increment("a");
  // @ts-expect-error: not a namespace
  durableObjectStore(kv);

  upstashStore(new Redis({ url: "https://example.com", token: "token" })).increment("a");
  upstashStore(Redis.fromEnv(), { keyPrefix: "app:" }).destroy();
  // @ts-expect-error: a shared database is not the store's to empty
  upstashStore(Redis.fromEnv()).destroy();
  upstashStore(CloudflareRedis.fromEnv());
  upstashStore(new FastlyRedis({ url: "https://example.com", token: "token", backend: "backend" }));
  upstashStore({ url: "https://example.com", token: "token" });
  // @ts-expect-error: credentials have a token
  upstashStore({ url: "https://example.com" });
}
