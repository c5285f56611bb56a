import { createCluster } from "@redis/client";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { redisStore } from "../../src/adapters/redis.ts";
import type { KeyValueError, Store } from "../../src/index.ts";
import { PASSWORD, type RedisCluster, type RedisProcess, startCluster } from "./redis-tcp.ts";

/** Tests for a cluster whose replicas take over. Its six servers need seconds to find each other, so it is for long runs. */
export function failoverTests(): void {
  let cluster: RedisCluster;
  const opened: (() => unknown)[] = [];
  beforeAll(async () => {
    cluster = await startCluster(1);
  }, 60_000);
  afterAll(async () => {
    for (const close of opened) close();
    await cluster.stop();
  });

  const roleOf = async (node: RedisProcess) => ((await node.redis(0, "ROLE")) as string[])[0];

  async function stores(): Promise<Record<string, Store<"swap">>> {
    const rootNodes = cluster.nodes.map((node) => ({ url: `redis://${node.address}` }));
    const nodeRedis = createCluster({ rootNodes, defaults: { password: PASSWORD } });
    nodeRedis.on("error", () => {});
    await nodeRedis.connect();
    const nodes = cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
    const ioredis = new Cluster(nodes, { redisOptions: { password: PASSWORD } });
    ioredis.on("error", () => {});
    opened.push(
      () => nodeRedis.destroy(),
      () => ioredis.disconnect(),
    );
    return { "node-redis": redisStore(nodeRedis), ioredis: redisStore(ioredis) };
  }

  it("a failover that somebody asks for loses nothing that was acknowledged, and increments count once", async () => {
    const all = await stores();
    const roles = await Promise.all(cluster.nodes.map(roleOf));
    const replicas = cluster.nodes.filter((_, i) => roles[i] === "slave");
    expect(replicas.length).toBe(3);

    let over = false;
    const acknowledged: [store: Store<"swap">, key: string][] = [];
    const counts = new Map<string, { least: number; most: number }>();
    const writers = Object.entries(all).map(async ([name, store]) => {
      for (let i = 0; !over; i++) {
        const key = `${name} ${i}`;
        await store.put(key, i).then(() => acknowledged.push([store, key]), unavailable);
        const counter = `${name} counter ${i % 10}`;
        const count = counts.get(counter) ?? { least: 0, most: 0 };
        counts.set(counter, count);
        count.most++;
        await store.increment(counter).then(() => count.least++, unavailable);
      }
    });
    for (const replica of replicas) {
      // Redis refuses or gives up where the replica has not caught up in time, so somebody has to ask again.
      for (let tries = 0; (await roleOf(replica)) !== "master"; tries++) {
        if (tries % 100 === 0) await replica.redis(0, "CLUSTER", "FAILOVER").catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    const [store] = Object.values(all) as [Store<"swap">];
    // Another round after the last node has taken over.
    const enough = acknowledged.length + 50;
    while (acknowledged.length < enough) await new Promise((resolve) => setTimeout(resolve, 10));
    over = true;
    await Promise.all(writers);

    const found = await store.getMany(acknowledged.map(([, key]) => key));
    expect(found.filter((value) => value === null)).toEqual([]);
    for (const [counter, { least, most }] of counts) {
      const sum = (await store.get<number>(counter)) ?? 0;
      expect([counter, sum >= least, sum <= most]).toEqual([counter, true, true]);
    }
  });

  it("a failover after a master was killed loses nothing that its replica had, writes no wrong value, and counts no increment twice", async () => {
    const all = await stores();
    const [store] = Object.values(all) as [Store<"swap">];
    const roles = await Promise.all(cluster.nodes.map(roleOf));
    const masters = cluster.nodes.filter((_, i) => roles[i] === "master");
    const replicas = cluster.nodes.filter((_, i) => roles[i] === "slave");
    expect([masters.length, replicas.length]).toEqual([3, 3]);

    const acknowledged = new Map<string, number>();
    const counts = new Map<string, { least: number; most: number }>();
    let over = false;
    const writers = Object.entries(all).map(async ([name, store]) => {
      for (let i = 0; !over; i++) {
        const key = `killed ${name} ${i}`;
        await store.put(key, i).then(() => acknowledged.set(key, i), unavailable);
        const counter = `killed ${name} counter ${i % 10}`;
        const count = counts.get(counter) ?? { least: 0, most: 0 };
        counts.set(counter, count);
        count.most++;
        await store.increment(counter).then(() => count.least++, unavailable);
      }
    });
    const more = async (writes: number) => {
      const enough = acknowledged.size + writes;
      while (acknowledged.size < enough) await new Promise((resolve) => setTimeout(resolve, 10));
    };

    await more(200);
    // What is acknowledged by now is on the replicas before the kill. What comes later may be on the master alone.
    const kept = {
      values: new Map(acknowledged),
      least: new Map([...counts].map(([name, { least }]) => [name, least])),
    };
    await Promise.all(masters.map(replicated));
    const [victim] = masters as [RedisProcess];
    await victim.kill();
    while ((await Promise.all(replicas.map(roleOf))).every((role) => role === "slave")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await more(200);
    over = true;
    await Promise.all(writers);

    async function check(): Promise<number> {
      const keys = [...acknowledged.keys()];
      const values = new Map(
        (await answered(() => store.getMany<number>(keys))).map((value, i) => [keys[i] as string, value]),
      );
      for (const [key, value] of kept.values) expect([key, values.get(key)]).toEqual([key, value]);
      const lost = keys.filter((key) => values.get(key) === null);
      for (const key of keys) if (!lost.includes(key)) expect(values.get(key)).toBe(acknowledged.get(key));
      for (const [counter, { most }] of counts) {
        const sum = (await answered(() => store.get<number>(counter))) ?? 0;
        expect([counter, sum >= (kept.least.get(counter) ?? 0), sum <= most]).toEqual([counter, true, true]);
      }
      return lost.length;
    }
    const lost = await check();
    // It comes back without its data, and follows the replica that took over.
    await victim.restart();
    while ((await roleOf(victim)) !== "slave") await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await check()).toBe(lost);
    console.log(`${acknowledged.size} acknowledged writes, of which the killed master took ${lost} with it`);
  });
}

/** Waits until a master's replica has all that the master has now. */
async function replicated(master: RedisProcess): Promise<void> {
  const info = async () => `${await master.redis(0, "INFO", "replication")}`;
  const offset = Number(/master_repl_offset:(\d+)/.exec(await info())?.[1]);
  const reached = (text: string) => Number(/slave0:.*offset=(\d+)/.exec(text)?.[1] ?? -1) >= offset;
  while (!reached(await info())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Repeats a read until the clients have found the nodes again. */
async function answered<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      unavailable(error as KeyValueError);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function unavailable(error: KeyValueError): void {
  // node-redis gives up on a command after some seconds, which is a timeout.
  expect(["unavailable", "conflict", "timeout"]).toContain(error.code);
}
