import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, it } from "#test";
import { redisStore } from "../../src/adapters/redis.ts";
import { sqliteStore } from "../../src/adapters/sqlite.ts";
import { inspects } from "../support/inspected-stores.ts";
import { type RedisProcess, startRedis, withoutRedis } from "../support/redis-tcp.ts";

let stores = 0;

inspects("SQLite", () => sqliteStore(":memory:"));

if (withoutRedis) describe("an inspector over Redis", () => it.skip(withoutRedis as string, () => {}));
else inspectsRedis();

function inspectsRedis(): void {
  let server: RedisProcess;
  let client: ReturnType<typeof createClient>;
  beforeAll(async () => {
    server = await startRedis();
    client = createClient({ url: server.url(0) });
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });
  inspects("Redis", () => redisStore(client, { keyPrefix: `inspected ${stores++}` }));
}
