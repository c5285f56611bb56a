import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import { Redis as Valkey } from "iovalkey";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { type BunRedisClient, type RedisClient, redisStore } from "../../src/adapters/redis.ts";
import { conformance } from "../../src/conformance/index.ts";
import type { Store } from "../../src/index.ts";
import { everyCombination } from "../support/combinations.ts";
import { type RedisProcess, startRedis, withoutRedis } from "../support/redis-tcp.ts";

const runner = { describe, it, expect };

if (withoutRedis) describe("redisStore", () => it.skip(withoutRedis as string, () => {}));
else describe("redisStore", withRedis);

function withRedis(): void {
  let server: RedisProcess;
  const opened: { close(): unknown }[] = [];
  let stores = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const client of opened) await client.close();
    await server.stop();
  });

  /** Holds stores over a client to the suite, each with a prefix of its own. */
  function hold(title: string, makeClient: () => Promise<RedisClient>): void {
    let client: RedisClient | undefined;
    const factory = async () => {
      client ??= await makeClient();
      return redisStore(client, { keyPrefix: `*${title}[${stores++}]` });
    };
    conformance(runner, title, factory, {
      capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "swap"],
      ttlGranularity: 0.1,
      timeout: 30_000,
    });
  }

  type BunGlobal = { RedisClient: new (url: string) => BunRedisClient & { close(): void } };
  const { Bun, Deno } = globalThis as { Bun?: BunGlobal; Deno?: unknown };
  if (Bun) {
    hold("over Bun's client", async () => {
      const client = new Bun.RedisClient(server.url(0));
      opened.push(client);
      return client;
    });
  } else if (!Deno) {
    hold("over node-redis", async () => {
      const client = await createClient({ url: server.url(0) }).connect();
      opened.push(client);
      return client;
    });
    hold("over ioredis, which sends commands again", async () => {
      const client = new Redis(server.url(0));
      opened.push({ close: () => client.disconnect() });
      return client;
    });
    const overValkey = () => {
      const client = new Valkey(server.url(0));
      opened.push({ close: () => client.disconnect() });
      return client;
    };
    if (everyCombination) hold("over iovalkey", async () => overValkey());
    else {
      it("works over iovalkey, a fork of ioredis", async () => {
        const store = redisStore(overValkey(), { keyPrefix: "over iovalkey" });
        await store.putMany(
          [
            ["a", { a: 1 }],
            ["b", 2],
          ],
          { ttl: 60 },
        );
        expect(await store.getMany(["a", "b", "none"])).toEqual([{ a: 1 }, 2, null]);
        expect(await Promise.all([1, 2].map(() => store.increment("b")))).toEqual([3, 4]);
        expect(await store.update<number>("b", (old) => (old ?? 0) + 1)).toBe(5);
        expect((await store.ttl("b"))?.ttl).toBeGreaterThan(50);
        expect((await Array.fromAsync(store.keys())).sort()).toEqual(["a", "b"]);
        expect([await store.take("a"), await store.delete("b"), await store.destroy()]).toEqual([
          { a: 1 },
          true,
          false,
        ]);
      });
    }
  } else {
    conformance(runner, "over a URL", () => redisStore(server.url(1)) as Store<"swap">, {
      capabilities: ["listKeys", "listCollections", "destroyCollection", "swap"],
      ttlGranularity: 0.1,
      teardown: (store) => (store as unknown as AsyncDisposable)[Symbol.asyncDispose](),
    });
  }
}
