import { createCluster } from "@redis/client";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { slotOf } from "../../src/adapters/redis/slots.ts";
import { type RedisClient, redisStore } from "../../src/adapters/redis.ts";
import { conformance } from "../../src/conformance/index.ts";
import type { KeyValueError } from "../../src/index.ts";
import { PASSWORD, type RedisCluster, runCli, startCluster, withoutRedis } from "../support/redis-tcp.ts";

if (withoutRedis) describe("redisStore on a cluster", () => it.skip(withoutRedis as string, () => {}));
else describe("redisStore on a cluster", withRedis);

function withRedis(): void {
  let cluster: RedisCluster;
  let nodeRedis: ReturnType<typeof createCluster>;
  let ioredis: Cluster;
  let stores = 0;
  beforeAll(async () => {
    cluster = await startCluster();
    const rootNodes = cluster.nodes.map((node) => ({ url: `redis://${node.address}` }));
    nodeRedis = createCluster({ rootNodes, defaults: { password: PASSWORD } });
    await nodeRedis.connect();
    ioredis = new Cluster(
      cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
      { redisOptions: { password: PASSWORD } },
    );
  }, 60_000);
  afterAll(async () => {
    nodeRedis.destroy();
    ioredis.disconnect();
    await cluster.stop();
  });

  const clients: [title: string, client: () => RedisClient][] = [
    ["node-redis", () => nodeRedis],
    ["ioredis", () => ioredis],
  ];

  conformance(
    { describe, it, expect },
    "over ioredis",
    () => redisStore(ioredis, { keyPrefix: `conformance${stores++}` }),
    {
      capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "swap"],
      ttlGranularity: 0.1,
      timeout: 60_000,
    },
  );

  it("computes the slots that Redis computes", async () => {
    const node = cluster.nodes[0];
    for (const key of ["", "a", "123456789", "{a}b", "x{a}b", "{}a", "{a", "a}{b}c", "é😀", "{é}", "a{b}{c}", "}{x"]) {
      expect([key, slotOf(key)]).toEqual([key, Number(await node?.redis(0, "CLUSTER", "KEYSLOT", key))]);
    }
  });

  for (const [title, client] of clients) {
    it(`reads, writes, lists and removes the keys of all nodes over ${title}`, async () => {
      const store = redisStore(client(), { keyPrefix: `all ${title}` });
      const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
      await store.putMany(keys.map((key, i) => [key, i]));
      expect(await store.getMany(keys)).toEqual(keys.map((_, i) => i));
      const counts = cluster.nodes.map(
        async (node) => ((await node.redis(0, "KEYS", `all ${title}*`)) as string[]).length,
      );
      expect((await Promise.all(counts)).every((count) => count > 50)).toBe(true);
      const found: string[] = [];
      for await (const key of store.keys({ limit: 1000 })) found.push(key);
      expect(found.sort()).toEqual([...keys].sort());
      expect(await Promise.all(keys.slice(0, 50).map((key) => store.increment(key)))).toEqual(
        keys.slice(0, 50).map((_, i) => i + 1),
      );
      expect(await store.deleteMany(["missing", ...keys.slice(0, 100)])).toBe(100);
      expect(await store.destroy()).toBe(true);
      expect(await store.destroy()).toBe(false);
      expect(await store.getMany(keys)).toEqual(keys.map(() => null));
    });

    it(`keeps a prefix with a hash tag in one slot over ${title}`, async () => {
      const store = redisStore(client(), { keyPrefix: `{tag ${title}}` });
      await store.putMany(Array.from({ length: 100 }, (_, i) => [`k${i}`, i]));
      expect(await store.increment("k5")).toBe(6);
      const counts = cluster.nodes.map(
        async (node) => ((await node.redis(0, "KEYS", `{tag ${title}}*::k*`)) as string[]).length,
      );
      expect((await Promise.all(counts)).filter((count) => count > 0)).toEqual([100]);
    });
  }

  it("says what is wrong when a client for one server is given a node of a cluster", async () => {
    await using store = redisStore(cluster.nodes[0]?.url(0) as string);
    const errors = await Promise.all(
      ["a", "b", "c", "d", "e", "f"].map((key) =>
        store.put(key, 1).then(
          () => undefined,
          (error: KeyValueError) => error,
        ),
      ),
    );
    const refused = errors.filter((error) => error !== undefined);
    expect(refused.length > 0).toBe(true);
    for (const error of refused) {
      expect([error.code, error.message]).toEqual([
        "misconfigured",
        "this Redis is a node of a cluster: pass a client for clusters",
      ]);
    }
  });

  it("loses nothing that was acknowledged, and counts once, while slots move between nodes", async () => {
    const acknowledged: string[] = [];
    const counted = new Map<string, number>();
    let moving = true;
    const writers = clients.map(async ([title, client]) => {
      const store = redisStore(client(), { keyPrefix: `moving ${title}` });
      for (let i = 0; moving; i++) {
        await Promise.all(
          Array.from({ length: 10 }, async (_, n) => {
            const key = `k${i}-${n}`;
            await store.put(key, i);
            acknowledged.push(`${title} ${key}`);
            await store.increment(`n${n}`);
            counted.set(`${title} n${n}`, (counted.get(`${title} n${n}`) ?? 0) + 1);
          }),
        );
      }
    });
    const [first, second] = cluster.nodes;
    const id = async (node = first) => `${await node?.redis(0, "CLUSTER", "MYID")}`;
    const auth = ["-a", PASSWORD, "--no-auth-warning"];
    const slots = [
      "--cluster-from",
      await id(first),
      "--cluster-to",
      await id(second),
      "--cluster-slots",
      "1000",
      "--cluster-yes",
    ];
    await runCli([...auth, "--cluster", "reshard", first?.address as string, ...slots]);
    moving = false;
    await Promise.all(writers);

    expect(acknowledged.length).toBeGreaterThan(100);
    for (const [title, client] of clients) {
      const store = redisStore(client(), { keyPrefix: `moving ${title}` });
      const mine = acknowledged.filter((one) => one.startsWith(title)).map((one) => one.slice(title.length + 1));
      expect((await store.getMany(mine)).filter((value) => value === null)).toEqual([]);
      for (let n = 0; n < 10; n++) expect(await store.get(`n${n}`)).toBe(counted.get(`${title} n${n}`));
    }
  }, 120_000);
}
