import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { redisStore } from "../../src/adapters/redis.ts";
import { randomOf } from "../support/chaos.ts";
import { holdsFor, record, seeds } from "../support/histories.ts";
import { ownClocks } from "../support/own-clocks.mjs";
import { failoverTests } from "../support/redis-failover.ts";
import { type RedisProcess, startRedis } from "../support/redis-tcp.ts";
import { describeWithRedis } from "../support/upstash.ts";

const { pass, as } = ownClocks();

describeWithRedis("operations of concurrent clients on Redis over TCP", () => {
  let server: RedisProcess;
  const opened: (() => unknown)[] = [];
  beforeAll(async () => {
    // It acknowledges what is on the disk.
    server = await startRedis("--appendonly", "yes", "--appendfsync", "always");
  });
  afterAll(async () => {
    for (const close of opened) await close();
    await server.stop();
  });

  async function clients() {
    const reporting = createClient({ url: server.url(0), socket: { reconnectStrategy: () => 5 } });
    const resending = new Redis(server.url(0), { retryStrategy: () => 5, maxRetriesPerRequest: null });
    for (const client of [reporting, resending]) client.on("error", () => {});
    await reporting.connect();
    opened.push(
      () => reporting.destroy(),
      () => resending.disconnect(),
    );
    return [redisStore(reporting), redisStore(resending), redisStore(resending)];
  }

  it("are linearizable, though the server is killed, and the clocks of clients differ", async () => {
    const stores = await clients();
    let kills = 0;
    const restart = async () => {
      kills++;
      await server.restart();
    };
    const all = await holdsFor(seeds(6), async (seed) => {
      const random = randomOf(seed);
      let restarts = Promise.resolve();
      // It dies twice in each history, in the middle of what the clients do, however fast they are.
      const deaths = new Set([1 + Math.floor(random() * 70), 75 + Math.floor(random() * 70)]);
      let operations = 0;
      const history = await record({
        seed,
        stores,
        collection: `${seed}`,
        epochs: 3,
        pass: shift,
        as: (client, work) => {
          if (deaths.has(++operations)) restarts = restarts.then(restart);
          return as(client, work);
        },
      });
      await restarts;
      return history;
    });
    expect(kills).toBe(2 * seeds(6));
    const unknown = all.filter(({ outcome }) => outcome === "unknown").length;
    console.log(`${all.length} operations, ${kills} kills, ${unknown} of unknown outcome`);
  });

  /** Lets time pass for the clients, and for the countdowns in Redis. */
  async function shift(seconds: number): Promise<void> {
    pass(seconds);
    const script = `
      for _, key in ipairs(redis.call('KEYS', '*')) do
        local left = redis.call('PTTL', key)
        if left > 0 then redis.call('PEXPIRE', key, math.max(0, left - ARGV[1] * 1000)) end
      end`;
    for (let tries = 0; ; tries++) {
      try {
        await server.redis(0, "EVAL", script, "0", `${seconds}`);
        return;
      } catch (error) {
        if (tries > 1000) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
});

if (seeds(0) > 0) describeWithRedis("Redis Cluster", failoverTests);
