/**
 * What the types of the Redis store promise, and that the real clients fit. Checked by the compiler, never run.
 *
 * Bun's types change those of the Web, so its client is in the examples of docs/stores/redis.md, which are checked apart.
 */
import { createClient, createClientPool, createCluster } from "@redis/client";
import { Cluster, Redis } from "ioredis";
import { Redis as Valkey, Cluster as ValkeyCluster } from "iovalkey";
import { type BunRedisClient, type RedisClient, type RedisStoreOptions, redisStore } from "../../src/adapters/redis.ts";
import type { CapabilitiesOf } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
function proves<_Claim extends true>(): void {}

type Shared = "listKeys" | "listCollections" | "destroyCollection" | "swap";

export async function clients(bun: BunRedisClient): Promise<readonly RedisClient[]> {
  const client = createClient({ url: "redis://localhost:6379" });
  const shared = redisStore(client, { onCorrupt: "miss", consistency: "eventual" });
  const owned = redisStore(client, { keyPrefix: "app" });
  proves<Equal<CapabilitiesOf<typeof shared>, Shared>>();
  proves<Equal<CapabilitiesOf<typeof owned>, Shared | "destroy">>();
  redisStore(await createClient({ RESP: 3 }).connect());
  redisStore(createClientPool());
  redisStore(createCluster({ rootNodes: [] }));
  redisStore(new Redis()).increment("a");
  redisStore(new Cluster([])).take("a");
  redisStore(new Valkey()).increment("a");
  redisStore(new ValkeyCluster([])).take("a");
  redisStore(bun, { keyPrefix: "app" }).destroy();
  return [client, createClientPool(), createCluster({ rootNodes: [] }), new Redis(), new Cluster([]), bun];
}

export async function opened(some: RedisStoreOptions, client: RedisClient) {
  await using store = redisStore("redis://localhost:6379");
  await using owned = redisStore(new URL("rediss://localhost"), { keyPrefix: "app" });
  await owned.destroy();
  // @ts-expect-error: whether there is a prefix is not known, so neither is whether the store may be emptied
  redisStore("redis://localhost", some).destroy();
  // @ts-expect-error: a client that was passed in is not the store's to close
  await redisStore(client)[Symbol.asyncDispose]();
  // @ts-expect-error: Redis expires by itself, there is nothing to cull
  owned.cull();
  // @ts-expect-error: no such policy
  redisStore(client, { onCorrupt: "ignore" });
  // @ts-expect-error: not a client
  redisStore(new Map());
  return store.get("a");
}
