import { beforeAll, describe, expect, it } from "#test";
import { type DynamoDBStoreOptions, dynamoDBStore } from "../../../src/adapters/dynamodb.ts";
import { type JsonValue, toDriver } from "../../../src/index.ts";
import { tryLock } from "../../../src/lock.ts";
import { rateLimit } from "../../../src/rate-limit.ts";
import wire from "../../fixtures/python-wire.json" with { type: "json" };
import { breakingEndpoint, type DynamoTable, openTable, REGION, signer } from "../../support/dynamo.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const pairs = (count: number) => numbers(count).map((i) => [`k${i}`, i] as const);
const codeOf = (call: Promise<unknown>) => call.catch((error: { code?: string }) => error.code);

describe("dynamoDBStore", () => {
  let table: DynamoTable;
  beforeAll(async () => {
    table = await openTable();
  });

  /** Puts an item as another program does. */
  const putItem = (collection: string, key: string, attributes: Record<string, unknown>) =>
    table.call("PutItem", { Item: { collection: { S: collection }, key: { S: key }, ...attributes } });

  it("makes as few calls as DynamoDB allows", async () => {
    const store = table.store();
    const at = { collection: "calls" };
    const version = async () => (await store.getWithVersion("n", at))?.version ?? "none";
    const costs: [calls: string[], call: () => Promise<unknown>][] = [
      [["PutItem"], () => store.put("k", 1, at)],
      [["GetItem"], () => store.get("k", at)],
      [["GetItem"], () => store.getMany(["k", "k"], at)],
      [["DeleteItem"], () => store.delete("k", at)],
      [["BatchWriteItem", "BatchWriteItem"], () => store.putMany(pairs(50), at)],
      [["BatchGetItem", "BatchGetItem"], () => store.getMany(numbers(200).map(String), at)],
      [["DeleteItem", "DeleteItem"], () => store.deleteMany(["k0", "k1"], at)],
      [["PutItem"], () => store.putIfAbsent("new", 1, { ...at, ttl: 60 })],
      [["GetItem", "PutItem"], () => store.increment("n", 1, at)],
      [["GetItem", "PutItem"], () => store.update<number>("n", (n) => (n ?? 0) + 1, at)],
      [["GetItem", "PutItem"], () => store.touch("n", 60, at)],
      [["GetItem", "PutItem"], async () => store.putIfVersion("n", 1, await version(), at)],
      [["GetItem", "DeleteItem"], async () => store.deleteIfVersion("n", await version(), at)],
      [["GetItem", "DeleteItem"], () => store.take("new", at)],
      [["GetItem"], () => store.take("new", at)],
      [["GetItem", "PutItem"], () => rateLimit(store, "limit", { limit: 5, window: 60 })],
      [["GetItem", "PutItem"], () => tryLock(store, "lock", { ttl: 60 })],
      [["Query"], () => store.listKeys(at)],
      [["Query", "BatchWriteItem", "BatchWriteItem"], () => store.destroyCollection(at)],
    ];
    table.requests();
    for (const [calls, call] of costs) {
      await call();
      expect([`${call}`, table.requests()]).toEqual([`${call}`, calls]);
    }
  });

  it("writes over what has expired in one call, and never removes it before its deadline", async () => {
    const store = table.store();
    const at = { collection: "deadlines" };
    const { now } = Date;
    try {
      Date.now = () => 1_800_000_000_400;
      await store.put("k", 1, { ...at, ttl: 0.5 });
      expect(await table.item("deadlines", "k")).toEqual({
        collection: { S: "deadlines" },
        key: { S: "k" },
        value: ((await table.item("deadlines", "k")) as { value: unknown }).value,
        // DynamoDB deletes by whole seconds, so they are rounded up.
        ttl: { N: "1800000001" },
        deadline: { N: "1800000000900" },
      });
      Date.now = () => 1_800_000_000_899;
      expect(await store.putIfAbsent("k", 2, at)).toBe(false);
      table.requests();
      Date.now = () => 1_800_000_000_900;
      expect((await store.listKeys(at)).names).toEqual([]);
      expect(await store.putIfAbsent("k", 2, at)).toBe(true);
      expect(table.requests()).toEqual(["Query", "PutItem"]);
    } finally {
      Date.now = now;
    }
  });

  it("reads plain entries as cheaply as asked for, and entries that it will compare always consistently", async () => {
    const seen: unknown[] = [];
    const noting: DynamoDBStoreOptions["fetch"] = async (request) => {
      seen.push(JSON.parse(await request.clone().text()));
      return fetch(request);
    };
    for (const consistency of ["strong", "eventual"] as const) {
      const store = table.store({ consistency, fetch: noting });
      expect(toDriver(store).consistency).toBe(consistency);
      await store.get("k");
      await store.getMany(["k", "l"]);
      await store.listKeys();
      await store.listCollections();
      await store.getWithVersion("k");
      const consistent = seen.splice(0).map((body) => /"ConsistentRead":(\w+)/.exec(JSON.stringify(body))?.[1]);
      const plain = `${consistency === "strong"}`;
      expect(consistent).toEqual([plain, plain, plain, plain, "true"]);
    }
  });

  it("reads what Python has written, and lists it", async () => {
    const store = table.store();
    const plain = wire.entries.filter(({ wrappers }) => wrappers.length === 0);
    for (const { collection, key, value, ttl, stored } of plain) {
      // Python keeps whole seconds, rounded down, and they count.
      const left = Math.floor(Date.now() / 1000) + (ttl ?? 0);
      await putItem(`py-${collection}`, key, { value: { S: stored }, ...(ttl !== null && { ttl: { N: `${left}` } }) });
      const at = { collection: `py-${collection}` };
      const found = await store.ttl<JsonValue>(key, at);
      expect([key, found?.value]).toEqual([key, value]);
      if (ttl === null) expect(found?.ttl).toBe(null);
      else expect((found?.ttl as number) <= ttl && (found?.ttl as number) > ttl - 60).toBe(true);
      expect((await store.listKeys(at)).names).toContain(key);
    }
    expect(plain.length).toBeGreaterThan(5);
  });

  it("writes what Python reads: an envelope with six digits of a second, and whole seconds in `ttl`", async () => {
    const store = table.store();
    await store.put("é", { a: [1] }, { collection: "users", ttl: 600 });
    const { value, ttl } = (await table.item("users", "é")) as { value: { S: string }; ttl: { N: string } };
    expect(ttl.N).toMatch(/^\d{10}$/);
    const envelope = JSON.parse(value.S);
    expect(Object.keys(envelope)).toEqual(["id", "created_at", "expires_at", "value", "version", "collection", "key"]);
    expect(envelope).toEqual({ ...envelope, value: { a: [1] }, version: 1, collection: "users", key: "é" });
    for (const date of [envelope.created_at, envelope.expires_at]) {
      expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000\+00:00$/);
    }
    expect(Math.ceil(Date.parse(envelope.expires_at) / 1000)).toBe(Number(ttl.N));
    await store.put("forever", 1, { collection: "users" });
    expect(Object.keys((await table.item("users", "forever")) as object).sort()).toEqual([
      "collection",
      "key",
      "value",
    ]);
  });

  it("replaces what Python wrote only if it is still the same", async () => {
    const store = table.store();
    const at = { collection: "foreign" };
    const text = (n: number) => ({ value: { S: `{"created_at": "2026-11-23T13:57:20.29111${n}+00:00", "value": 7}` } });
    await putItem("foreign", "k", text(1));
    const { version = "" } = (await store.getWithVersion("k", at)) ?? {};
    expect(version).toMatch(/^sha256-[0-9a-f]{64}$/);
    await putItem("foreign", "k", text(2));
    expect(await store.putIfVersion("k", 8, version, at)).toBe(null);
    expect(await store.deleteIfVersion("k", version, at)).toBe(false);
    expect(await store.increment("k", 1, at)).toBe(8);
    // Python replaces the whole item, and with it the version.
    const own = (await store.getWithVersion("k", at))?.version ?? "";
    await putItem("foreign", "k", text(3));
    expect(await store.putIfVersion("k", 9, own, at)).toBe(null);
    expect(await store.take("k", at)).toBe(7);
    expect(await store.putIfVersion("k", 9, version, at)).toBe(null);
  });

  it("takes the earlier of `ttl` and `deadline`, and lets Python's `ttl` decide over its envelope", async () => {
    const store = table.store();
    const at = { collection: "earlier" };
    const now = Math.floor(Date.now() / 1000);
    const value = { S: '{"expires_at": "2020-01-01T00:00:00+00:00", "value": 1}' };
    const cases: [live: boolean, attributes: Record<string, { N: string }>][] = [
      [true, {}],
      [true, { ttl: { N: `${now + 60}` } }],
      [false, { ttl: { N: `${now - 1}` } }],
      [false, { ttl: { N: "0" } }],
      [false, { ttl: { N: `${now + 60}` }, deadline: { N: `${now * 1000 - 1}` } }],
      [false, { ttl: { N: `${now - 1}` }, deadline: { N: `${now * 1000 + 60_000}` } }],
    ];
    for (const [live, attributes] of cases) {
      await putItem("earlier", "k", { value, ...attributes });
      const seen = [
        (await store.get("k", at)) !== null,
        (await store.listKeys(at)).names.length > 0,
        (await store.listCollections({ prefix: "earlier" })).names.length > 0,
        !(await store.putIfAbsent("k", 2, at)),
        await store.delete("k", at),
      ];
      expect([attributes, seen]).toEqual([attributes, [live, live, live, live, true]]);
    }
  });

  it("reports items that are not entries, or treats them as missing", async () => {
    const items = [
      {},
      { value: { N: "1" } },
      { value: { S: "not JSON" } },
      { value: { S: "null" } },
      { value: { S: "[1]" } },
      { value: { S: '{"value": null}' } },
      { value: { S: '{"value": NaN}' } },
      { value: { S: '{"value": 1e999}' } },
      { value: { S: '{"value": 1}' }, ttl: { S: "soon" } },
      { value: { S: '{"value": 1}' }, ttl: { N: "1e99" } },
      { value: { S: '{"value": 1}' }, deadline: { BOOL: true } },
    ];
    const at = { collection: "corrupt" };
    const strict = table.store();
    const lenient = table.store({ onCorrupt: "miss" });
    for (const item of items) {
      await putItem("corrupt", "k", item);
      const codes = [
        await codeOf(strict.get("k", at)),
        await codeOf(strict.getMany(["l", "k"], at)),
        await codeOf(strict.putIfAbsent("k", 1, at)),
        await codeOf(strict.increment("k", 1, at)),
      ];
      expect([item, ...codes]).toEqual([item, "corrupted", "corrupted", "corrupted", "corrupted"]);
      expect(await lenient.getMany(["k", "l"], at)).toEqual([null, null]);
      expect(await lenient.increment("k", 5, at)).toBe(5);
      await putItem("corrupt", "k", item);
      expect(await lenient.putIfAbsent("k", 2, at)).toBe(true);
      expect(await lenient.get("k", at)).toBe(2);
      await putItem("corrupt", "k", item);
      expect(await strict.delete("k", at)).toBe(true);
    }
  });

  it("refuses what is over a limit before anything is sent", async () => {
    const store = table.store();
    table.requests();
    for (const [call, size, limit] of [
      [() => store.get("é".repeat(513)), 1026, 1024],
      [() => store.get("k", { collection: "c".repeat(2049) }), 2049, 2048],
      [
        () =>
          store.putMany([
            ["a", 1],
            ["n".repeat(1025), 1],
          ]),
        1025,
        1024,
      ],
      [() => store.putIfAbsent("k", "v".repeat(409_600)), undefined, 409_600],
    ] as const) {
      const error = (await call().catch((error) => error)) as { code: string; size: number; limit: number };
      expect([error.code, error.limit]).toEqual(["too_large", limit]);
      if (size !== undefined) expect(error.size).toBe(size);
    }
    expect(table.requests()).toEqual([]);
    // DynamoDB takes the largest item that is not refused.
    const { size } = (await store.put("k", "v".repeat(409_600), { ttl: 60 }).catch((error) => error)) as {
      size: number;
    };
    const value = "v".repeat(409_600 - (size - 409_600));
    await store.put("k", value, { ttl: 60 });
    expect((await store.get("k")) === value).toBe(true);
    expect(await store.delete("k")).toBe(true);
  });

  it("keeps names that DynamoDB does not take, in their order", async () => {
    const store = table.store();
    const names = ["", "\0", "\0\0", "a", "\uD7FF", "\uD7FF\0", "\uD800", "\uDFFF", "\uE000", "\u{10FFFF}"];
    for (const collection of names) await store.put(collection, 1, { collection });
    await store.putMany(
      names.map((name) => [name, name]),
      { collection: "names" },
    );
    expect((await store.listKeys({ collection: "names" })).names).toEqual(names);
    expect((await store.listKeys({ collection: "names", prefix: "\uD7FF" })).names).toEqual(["\uD7FF", "\uD7FF\0"]);
    const { names: collections } = await store.listCollections();
    expect(names.filter((name) => !collections.includes(name))).toEqual([]);
    // What no name of this library is stored as is in no listing.
    await putItem("names", "\uD7FF?", { value: { S: '{"value": 1}' } });
    expect((await store.listKeys({ collection: "names", prefix: "\uD7FF" })).names).toEqual(["\uD7FF", "\uD7FF\0"]);
  });

  it("goes on after a page that ends with the item of another program", async () => {
    const store = table.store();
    const at = { collection: "foreign" };
    await store.putMany(
      ["", "a", "b"].map((key) => [key, 1]),
      at,
    );
    for (const key of ["\0b", "\uD7FF?"]) await putItem("foreign", key, { value: { S: '{"value": 1}' } });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listKeys({ ...at, limit: 2, ...(cursor !== undefined && { cursor }) });
      found.push(...page.names);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found).toEqual(["", "a", "b"]);
  });

  it("refuses a cursor that is no key before anything is sent, and finds nothing by a prefix that is too long", async () => {
    const store = table.store();
    table.requests();
    for (const cursor of ["", "\uD800", "k".repeat(1025)]) {
      expect([cursor, await codeOf(store.listKeys({ cursor }))]).toEqual([cursor, "invalid_cursor"]);
    }
    expect(await codeOf(store.listKeys({ prefix: "a", cursor: "b" }))).toBe("invalid_cursor");
    for (const cursor of ["", "\uD800", "c".repeat(2049)]) {
      expect([cursor, await codeOf(store.listCollections({ cursor }))]).toEqual([cursor, "invalid_cursor"]);
    }
    expect(await store.listKeys({ prefix: "k".repeat(1025) })).toEqual({ names: [] });
    expect(table.requests()).toEqual([]);
  });

  it("passes many expired entries in few calls, however small the page", async () => {
    const store = table.store();
    const at = { collection: "mostly expired" };
    const { now } = Date;
    try {
      Date.now = () => now() - 60_000;
      await store.putMany(pairs(400), { ...at, ttl: 30 });
    } finally {
      Date.now = now;
    }
    await store.putMany(
      ["l1", "l2", "l3"].map((key) => [key, 1]),
      at,
    );
    table.requests();
    const first = await store.listKeys({ ...at, limit: 1 });
    expect(first.names).toEqual(["l1"]);
    expect(table.requests().length).toBeLessThanOrEqual(10);
    const next = await store.listKeys({ ...at, limit: 1, cursor: first.cursor as string });
    expect(next.names).toEqual(["l2"]);
  });

  it("skips the rest of a collection that it has listed", async () => {
    const own = await openTable();
    const store = own.store();
    for (const collection of ["a", "b", "c"]) await store.putMany(pairs(300), { collection });
    const { now } = Date;
    try {
      Date.now = () => now() - 60_000;
      await store.putMany(pairs(120), { collection: "expired", ttl: 30 });
    } finally {
      Date.now = now;
    }
    own.requests();
    expect([...(await store.listCollections()).names].sort()).toEqual(["a", "b", "c"]);
    // Once for each collection, three times for what has expired, and perhaps once more at the end.
    expect(own.requests().length).toBeLessThanOrEqual(8);
    expect(await store.cull()).toBe(120);
    expect(await store.destroy()).toBe(true);
    expect((await own.call("Scan", {})).Count).toBe(0);
  });

  it("sends each request once, also where the connection breaks", async () => {
    const { endpoint, received } = breakingEndpoint();
    const store = dynamoDBStore(signer(), { table: "t", region: REGION, endpoint });
    expect(await store.putIfAbsent("k", 0)).toBe(true);
    // The connection is open now, and a runtime may use it again.
    for (const call of [() => store.putIfAbsent("k", 1), () => store.put("k", 2), () => store.delete("k")]) {
      expect(await codeOf(call())).toBe("unavailable");
    }
    expect(await received()).toBe(4);
  });

  it("is refused without a client, a table or a region", async () => {
    const wrong = [undefined, null, {}, "table", { send() {} }] as never[];
    for (const client of wrong) expect(() => dynamoDBStore(client, { table: "t", region: "r" })).toThrow(TypeError);
    for (const options of [
      { table: 1 },
      { table: "t", region: 1 },
      { table: "t", region: "r", endpoint: 1 },
      { table: "t", region: "r", fetch: 1 },
      { table: "t", region: "r", consistency: "weak" },
      { table: "t", region: "r", onCorrupt: "ignore" },
    ] as never[]) {
      expect(() => dynamoDBStore(signer(), options)).toThrow(TypeError);
    }
    for (const options of [
      undefined,
      {},
      { table: "" },
      { table: "t" },
      { table: "t", region: "" },
      { table: "t", region: "eu central" },
      { table: "t", region: "r", endpoint: "" },
      { table: "t", region: "r", endpoint: "localhost:4567" },
    ] as never[]) {
      let code: unknown;
      try {
        dynamoDBStore(signer(), options);
      } catch (error) {
        ({ code } = error as { code: unknown });
      }
      expect([options, code]).toEqual([options, "misconfigured"]);
    }
  });

  it("sends requests to the endpoint of the region, signed for it", async () => {
    const seen: string[] = [];
    const send = async (request: Request) => {
      seen.push(`${request.url} ${/Credential=[^,]*/.exec(request.headers.get("authorization") ?? "")?.[0]}`);
      return Response.json({});
    };
    await dynamoDBStore(signer(), { table: "t", region: "eu-west-1", fetch: send }).get("k");
    await dynamoDBStore(signer(), { table: "t", region: "cn-north-1", fetch: send }).get("k");
    await dynamoDBStore(Object.assign(signer(), { region: "us-west-2" }), { table: "t", fetch: send }).get("k");
    const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
    expect(seen.map((text) => text.replace(/\/20\d{6}\//, `/${day}/`))).toEqual([
      `https://dynamodb.eu-west-1.amazonaws.com/ Credential=id/${day}/eu-west-1/dynamodb/aws4_request`,
      `https://dynamodb.cn-north-1.amazonaws.com.cn/ Credential=id/${day}/cn-north-1/dynamodb/aws4_request`,
      `https://dynamodb.us-west-2.amazonaws.com/ Credential=id/${day}/us-west-2/dynamodb/aws4_request`,
    ]);
  });
});
