/** What many callers of one key cost on Redis: over TCP, and over HTTP. */
import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { type RedisClient, redisStore } from "../../src/adapters/redis.ts";
import { operationsAreOneCall, throughEncrypt, updatesSucceed, type WithBackend } from "../support/contention.ts";
import { type RedisProcess, startRedis } from "../support/redis-tcp.ts";
import { describeWithRedis } from "../support/upstash.ts";

describeWithRedis("redisStore", () => {
  let server: RedisProcess;
  const opened: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    for (const close of opened) await close();
    await server.stop();
  });

  /** Counts the commands of a client that can be told what to send by one method. */
  const over =
    (connect: () => Promise<object>, method: "sendCommand" | "call"): WithBackend =>
    async (work) => {
      const client = await connect();
      let made = 0;
      const counted = new Proxy(client, {
        get(target, name) {
          const value = Reflect.get(target, name);
          if (name !== method) return value;
          return (...args: unknown[]) => {
            made++;
            return value.apply(target, args);
          };
        },
      });
      const keyPrefix = crypto.randomUUID();
      const calls = () => {
        const since = made;
        made = 0;
        return since;
      };
      await work({ store: () => redisStore(counted as RedisClient, { keyPrefix }), calls });
    };

  const nodeRedis = over(async () => {
    const client = await createClient({ url: server.url(0) }).connect();
    opened.push(() => client.destroy());
    return client;
  }, "sendCommand");
  const ioredis = over(async () => {
    const client = new Redis(server.url(0));
    opened.push(() => client.disconnect());
    return client;
  }, "call");

  operationsAreOneCall("Redis over node-redis", nodeRedis);
  operationsAreOneCall("Redis over ioredis, with receipts", ioredis);
  updatesSucceed("Redis over ioredis, with receipts", ioredis);
  updatesSucceed("Redis through encrypt", throughEncrypt(nodeRedis));
});
