/** `dynamoDBStore` over the AWS SDK, and under load. */
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { dynamoDBStore } from "../../src/adapters/dynamodb.ts";
import { randomOf } from "../support/chaos.ts";
import { movedClock } from "../support/clock.ts";
import { type DynamoTable, openTable, REGION } from "../support/dynamo.ts";
import { holdsFor, record, seeds } from "../support/histories.ts";

const pass = movedClock();
const credentials = { accessKeyId: "id", secretAccessKey: "secret-key" };
const codeOf = (call: Promise<unknown>) => call.catch((error: { code?: string }) => error.code);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("dynamoDBStore over the AWS SDK", () => {
  let table: DynamoTable;
  const clients: DynamoDB[] = [];
  beforeAll(async () => {
    table = await openTable();
  });
  afterAll(() => {
    for (const client of clients) client.destroy();
  });

  function sdk(options: object = {}): DynamoDB {
    const client = new DynamoDB({ endpoint: table.endpoint, region: REGION, credentials, maxAttempts: 1, ...options });
    clients.push(client);
    return client;
  }

  it("has the entries that aws4fetch sees", async () => {
    const store = dynamoDBStore(sdk(), { table: table.name });
    const other = table.store();
    await store.putMany(upTo(30).map((i) => [`k${i}`, { i }]));
    expect(await other.getMany(["k1", "k30", "k31"])).toEqual([{ i: 1 }, { i: 30 }, null]);
    expect(await store.increment("n")).toBe(1);
    expect(await other.increment("n")).toBe(2);
    expect(await store.putIfAbsent("n", 9)).toBe(false);
    expect(await store.take("n")).toBe(2);
    expect(await store.delete("k1")).toBe(true);
    expect((await store.listKeys({ limit: 2 })).names).toEqual(["k10", "k11"]);
    expect((await store.listCollections()).names).toEqual(["default_collection"]);
    for (const wrong of [
      dynamoDBStore(sdk(), { table: "missing" }),
      dynamoDBStore(sdk({ maxAttempts: undefined }), { table: table.name }),
    ]) {
      expect(await codeOf(wrong.get("k"))).toBe("misconfigured");
    }
    const down = dynamoDBStore(sdk({ endpoint: "http://127.0.0.1:9" }), { table: table.name });
    expect(await codeOf(down.get("k"))).toBe("unavailable");
    expect(await store.destroy()).toBe(true);
  });

  it("is linearizable where replies are lost", async () => {
    let lost = 0;
    await holdsFor(seeds(3), async (seed) => {
      const random = randomOf(seed);
      const stores = upTo(3).map(() => {
        const client = sdk();
        const handler = client.config.requestHandler;
        const handle = handler.handle.bind(handler);
        handler.handle = async (...args) => {
          const reply = await handle(...args);
          if (random() >= 0.15) return reply;
          lost++;
          throw Object.assign(new Error("the reply was lost"), { code: "ECONNRESET" });
        };
        return dynamoDBStore(client, { table: table.name });
      });
      return record({ seed, stores, collection: `${seed}`, pass });
    });
    expect(lost).toBeGreaterThan(30);
  });
});

describe("dynamoDBStore under load", () => {
  it("lets 400 updates of one key at once all succeed, from four isolates", async () => {
    const table = await openTable();
    const stores = upTo(4).map(() => table.store());
    const results = await Promise.all(upTo(400).map((i) => stores[i % 4]?.update<number>("n", (n) => (n ?? 0) + 1)));
    expect((results as number[]).sort((a, b) => a - b)).toEqual(upTo(400));
    expect(table.requests().length).toBeLessThan(100);
  });
});
