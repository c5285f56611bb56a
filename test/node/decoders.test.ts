/** What is read from a backend may be damaged, or be written by somebody who means harm. Every decoder stays calm. */
import { inspect, isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "#test";
import { cacheAPIStore } from "../../src/adapters/cache-api.ts";
import { open as openDenoKV } from "../../src/adapters/deno/values.ts";
import { decodeItem } from "../../src/adapters/dynamodb/item.ts";
import { open } from "../../src/adapters/items/envelope.ts";
import { parseHistory, textAfter } from "../../src/adapters/objects/history.ts";
import { toStoredRow } from "../../src/adapters/objects/row.ts";
import { decodeObject } from "../../src/adapters/r2/object.ts";
import { decodeCursor, encodeCursor, startOf } from "../../src/adapters/redis/cursor.ts";
import { decodeEnvelope, decodeValue, encodeRest } from "../../src/adapters/redis/wire.ts";
import { fromJsonb } from "../../src/adapters/sql/postgres-json.ts";
import { rowCodec } from "../../src/adapters/sql/rows.ts";
import { fromSqlText, toSqlText } from "../../src/adapters/sql/text.ts";
import { webStorageStore } from "../../src/adapters/web-storage.ts";
import { workersKVStore } from "../../src/adapters/workers-kv.ts";
import { cached } from "../../src/cached.ts";
import { cachedResponse } from "../../src/cached-response.ts";
import { idempotent } from "../../src/idempotent.ts";
import { joinAddress, KeyValueError, memoryStore, splitAddress } from "../../src/index.ts";
import { tryLock } from "../../src/lock.ts";
import { copy } from "../../src/migrate.ts";
import { rateLimit } from "../../src/rate-limit.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { kvInMemory } from "../support/kv.ts";

/** `npm run fuzz` tries many more. A seed that failed is printed; every usual run has the same. */
const { EKV_FUZZ } = process.env;
const RUNS = Number(EKV_FUZZ ?? 500);
const SETTINGS = EKV_FUZZ ? {} : { seed: 42 };

/** JSON that another program may have put in the place of ours. */
const hostile = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom("1e999", "-1e999", "-1", "9e15", "1e308", '""', "null", "[]", "{}", '{"__proto__":null}', '"NaN"'),
  fc.constantFrom('"9999-12-31T23:59:59.999999+00:00"', '"2024-01-01"', '"+275760-09-14T00:00:00Z"', '"\\ud800"'),
  fc.nat(3000).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
);

/** A text that was ours and is damaged: characters are lost or added, or one part of its JSON is another. */
function damaged(ours: string): fc.Arbitrary<string> {
  const parts = [...ours.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*|true|false|null/g)];
  return fc.oneof(
    fc
      .tuple(fc.nat(ours.length), fc.nat(9), fc.string({ unit: "binary", maxLength: 4 }))
      .map(([at, lost, added]) => ours.slice(0, at) + added + ours.slice(at + lost)),
    fc.tuple(fc.nat(Math.max(0, parts.length - 1)), hostile).map(([i, json]) => {
      const { index, 0: part } = parts[i] ?? { index: 0, 0: "" };
      return ours.slice(0, index) + json + ours.slice(index + part.length);
    }),
    hostile,
    fc.string({ unit: "binary", maxLength: 60 }),
  );
}

/** The value of JSON, or the text itself: what a store may hold. */
function asValue(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

const check = <T>(arbitrary: fc.Arbitrary<T>, body: (value: T) => void | Promise<void>, share = 1): Promise<void> =>
  fc.assert(
    fc.asyncProperty(arbitrary, async (value) => body(value)),
    { ...SETTINGS, numRuns: EKV_FUZZ ? RUNS : Math.ceil(RUNS * share) },
  );

/** `expect` would take most of the time of a run. */
function require(holds: boolean, found: unknown): void {
  if (!holds) throw new Error(`this is wrong: ${inspect(found)}`);
}

/** Fails unless this is an entry of real JSON and real times. */
function isWhole(
  entry: { value: unknown; createdAt?: number | undefined; expiresAt?: number | undefined } | undefined,
) {
  if (!entry) return;
  const { value, createdAt, expiresAt } = entry;
  require(value !== null && value !== undefined, entry);
  // Not by recursion, which ends before the nesting of some values does.
  for (const parts: unknown[] = [value]; parts.length > 0; ) {
    const part = parts.pop();
    if (typeof part === "object" && part !== null) parts.push(...Object.values(part));
    else if (typeof part === "number") require(Number.isFinite(part), entry);
  }
  for (const time of [createdAt, expiresAt]) require(time === undefined || Number.isFinite(time), entry);
}

/** What a call returned, or the code of its failure. Anything but a `KeyValueError` fails the test. */
async function outcome<T>(call: Promise<T>): Promise<T | { code: string }> {
  return call.catch((error) => {
    if (error instanceof KeyValueError) return { code: error.code };
    throw error;
  });
}

describe("whatever is stored, the decoder returns an entry, nothing, or a typed error:", () => {
  const entry = { value: { name: "Ann", tags: ["a", 1] }, createdAt: 1_700_000_000_000, expiresAt: 4e12 };

  it("the envelopes of Redis", async () => {
    const ours = `{"expires_at":"2096-10-02T07:06:40.000000+00:00",${encodeRest("c", "k", entry, "id-1")}`;
    expect(decodeEnvelope(ours)).toEqual(entry);
    await check(damaged(ours), (text) => {
      isWhole(decodeEnvelope(text));
      const value = decodeValue(text, "c", "k");
      if (value !== undefined) isWhole({ value });
    });
  });

  it("the items of DynamoDB", async () => {
    const text = `{"id":"x","created_at":"2023-11-14T22:13:20.000000+00:00","value":1,"version":1}`;
    const number = fc.oneof(hostile, fc.constantFrom("", "x", "-0", "1e20", "Infinity"));
    const attribute = fc.oneof(
      number.map((N) => ({ N })),
      hostile.map(asValue),
      fc.constant(undefined),
    );
    const item = fc
      .tuple(damaged(text), attribute, attribute)
      .map(([S, ttl, deadline]) => ({
        value: { S },
        ...(ttl !== undefined && { ttl }),
        ...(deadline !== undefined && { deadline }),
      }));
    await check(item, (stored) => isWhole(decodeItem(stored as never)?.entry));
  });

  it("the rows of Durable Objects", async () => {
    const column = fc.oneof(hostile.map(asValue), fc.double(), fc.constant(null), fc.constant(new Uint8Array(3)));
    const row = fc.record({ value: fc.oneof(damaged('{"a":[1]}'), column), created_at: column, expires_at: column });
    await check(row, (stored) => {
      const { entry } = toStoredRow(stored);
      if (entry) isWhole({ ...entry, value: entry.json });
    });
    for (const times of [
      { created_at: 1e300, expires_at: null },
      { created_at: null, expires_at: 1e300 },
    ]) {
      expect(toStoredRow({ value: "1", ...times })).toMatchObject({ entry: undefined, damaged: true });
    }
  });

  it("the rows of SQL databases", async () => {
    const codec = rowCodec("sql", { pack: JSON.stringify, unpack: (text) => JSON.parse(text) }, {}, "miss");
    const column = fc.oneof(
      hostile.map(asValue),
      fc.double(),
      fc.bigInt(),
      fc.constant(null),
      fc.constant(new Uint8Array(3)),
    );
    const row = fc.record({ value: fc.oneof(damaged('{"a":[1]}'), column), created: column, life: column });
    await check(row, (stored) => isWhole(codec.decode(stored as never, 1_700_000_000_000, {})));
    // A time that no `Date` can hold would throw where the entry is copied to a store that keeps dates.
    for (const time of [1e16, -1e16, 2n ** 62n, "4611686018427387904"]) {
      for (const name of ["created", "life"]) {
        expect(codec.decode({ value: "1", [name]: time }, 1_700_000_000_000, {})).toBe(undefined);
      }
    }
  });

  it("the envelopes in the drivers of unstorage and Keyv", async () => {
    const ours = JSON.stringify({ v: 1, ...entry, address: ["c", "k"] });
    await check(damaged(ours), (text) => {
      for (const stored of [text, asValue(text)]) {
        const opened = open(stored);
        if (typeof opened !== "string") isWhole(opened.entry);
      }
    });
  });

  it("the objects of R2", async () => {
    const read = (text: string, customMetadata: Record<string, string>) =>
      decodeObject({ key: "k", etag: "e", customMetadata, text: async () => text }, "miss", {});
    const ours = '{"value":{"a":[1]},"id":"x"}';
    expect((await read(ours, { v: "1" })).entry).toMatchObject({ value: { a: [1] } });
    const time = fc.oneof(hostile, fc.constantFrom("1700000000000", "-1e3", "1e20", ""));
    await check(fc.tuple(damaged(ours), time), async ([text, at]) => {
      isWhole((await read(text, { v: "1", "created-at": at })).entry);
      isWhole((await read(text, { v: "1", "expires-at": at })).entry);
    });
    expect((await read('{"value":{"a":1e999},"id":"x"}', { v: "1" })).entry).toBe(undefined);
  });

  it("the values of Deno KV", async () => {
    const read = (text: string) => {
      const opened = openDenoKV({ key: [], value: new TextEncoder().encode(text), versionstamp: "0".repeat(20) });
      return typeof opened === "string" ? undefined : opened.entry;
    };
    await check(damaged(JSON.stringify(entry)), (text) => isWhole(read(text)));
    for (const text of ['{"value":{"a":1e999}}', '{"value":1,"createdAt":1e300}']) expect(read(text)).toBe(undefined);
  });

  it("the responses of the Cache API", async () => {
    const read = (text: string, headers: Record<string, string>) => {
      const match = async () => new Response(text, { headers });
      const cache = { match, put: async () => {}, delete: async () => true };
      return cacheAPIStore(cache, { onCorrupt: "miss" }).ttl("k");
    };
    expect(await read('{"a":1}', {})).toEqual({ value: { a: 1 }, ttl: null });
    await check(damaged('{"a":[1]}'), async (text) => isWhole((await read(text, {})) ?? undefined));
    expect(await read('{"a":1e999}', {})).toBe(null);
  });

  it("the texts of Web Storage", async () => {
    const read = (text: string) => {
      const storage = { length: 1, key: () => null, getItem: () => text, setItem() {}, removeItem() {} };
      return webStorageStore(storage, { onCorrupt: "miss" }).ttl("k");
    };
    const ours = JSON.stringify(entry);
    expect((await read(ours))?.value).toEqual(entry.value);
    await check(damaged(ours), async (text) => isWhole((await read(text)) ?? undefined));
    expect(await read('{"value":{"a":1e999}}')).toBe(null);
  });

  it("the values that JSONB cannot hold", () => {
    for (const text of ["[\n1e999]", '{"a":\t1e999}']) {
      expect(() => fromJsonb(JSON.stringify({ __json_text__: text }))).toThrow();
    }
  });

  it("the receipts in a row of a Durable Object", async () => {
    const receipt = { version: "lpabcdef.1", result: '{"n":1}' };
    const ours = textAfter(textAfter(undefined, receipt, true), { version: "lpabcdeg.2", result: "2" }, true);
    expect(parseHistory(ours).receipts.length).toBe(2);
    await check(damaged(ours), (text) => {
      const { version, receipts, completeSince } = parseHistory(text);
      require(typeof version === "string" && !Number.isNaN(completeSince), text);
      for (const { result } of receipts) JSON.parse(result);
      // After damage, either the new receipt is found, or nothing claims that all receipts are there.
      const after = parseHistory(textAfter(text, receipt, true));
      const { version: written, result } = receipt;
      const kept = after.receipts.some((other) => other.version === written && other.result === result);
      require(kept || !Number.isFinite(after.completeSince), text);
    });
  });

  it("values of Workers KV", async () => {
    await check(
      fc.tuple(damaged('{"a":[1,"x"]}'), damaged('{"v":1,"createdAt":1700000000000,"expiresAt":4000000000000}')),
      async ([value, metadata]) => {
        const { binding, stored } = kvInMemory();
        const store = workersKVStore(binding);
        stored.set("default_collection::k", { value, metadata: asValue(metadata) });
        const found = await outcome(store.ttl("k"));
        if (found && "ttl" in found) {
          isWhole({ value: found.value });
          require(found.ttl === null || (Number.isFinite(found.ttl) && found.ttl > 0), found);
        } else require(!found || found.code === "corrupted", found);
        for await (const name of store.keys()) require(name === "k", name);
      },
      0.5,
    );
  });

  it("names of addresses and of rows", async () => {
    await check(fc.string({ unit: "binary" }), (name) => {
      const address = splitAddress(name);
      require(!address || joinAddress(...address) === name, name);
      require(fromSqlText(toSqlText(name)) === name, name);
      require(typeof fromSqlText(name) === "string", name);
    });
    await check(damaged("a%3A::b%25::%uD83Dc"), (name) => {
      const address = splitAddress(name);
      require(!address || joinAddress(...address) === name, name);
    });
  });
});

describe("whatever is stored, a codec returns what was put, or fails with a typed error:", () => {
  const key = new Uint8Array(32).fill(1);
  const value = { text: "a ".repeat(50), n: 1 };
  const codes = ["corrupted", "tampered", "wrong_key", "unknown_key", "not_encrypted"];
  for (const [name, wrap, options] of [
    ["compress", (store: ReturnType<typeof memoryStore>) => compress(store, { minBytes: 0 }), { exact: false }],
    [
      "encrypt",
      (store: ReturnType<typeof memoryStore>) => encrypt(store, { keys: [{ id: "a", key }] }),
      { exact: true },
    ],
    ["fernet", (store: ReturnType<typeof memoryStore>) => fernet(store, { keys: [key] }), { exact: true }],
  ] as const) {
    it(name, async () => {
      const base = memoryStore();
      const store = wrap(base);
      await store.put("k", value);
      const ours = JSON.stringify(await base.get("k"));
      await check(
        damaged(ours),
        async (text) => {
          const planted = asValue(text);
          if (planted === null) return;
          if ((await outcome(base.put("k", planted))) !== undefined) return;
          const found = (await outcome(store.get("k"))) as { code?: string };
          if (found?.code) require(codes.includes(found.code), found);
          else if (options.exact) require(isDeepStrictEqual(found, value), found);
        },
        0.5,
      );
    });
  }
});

describe("whatever a caller passes as a cursor, a listing returns a page, or fails with code invalid_cursor:", () => {
  const calm = async (call: Promise<unknown>) => {
    const found = (await outcome(call)) as { code?: string; names?: unknown };
    require(!found.code || found.code === "invalid_cursor", found);
  };

  it("keys and collections of every store that runs in a process", async () => {
    const kv = kvInMemory();
    const stores = [memoryStore(), workersKVStore(kv.binding)];
    for (const store of stores) {
      await store.putMany(["a", "b", "c"].map((key) => [key, 1]));
      const { cursor = "x" } = await store.listKeys({ limit: 1 });
      await check(
        damaged(cursor),
        async (text) => {
          await calm(store.listKeys({ cursor: text, limit: 1 }));
          await calm(store.listCollections({ cursor: text, limit: 1 }));
        },
        0.3,
      );
    }
  });

  it("listings of Redis, and copies that go on", async () => {
    const ours = encodeCursor(startOf("0a1b2c3d"), "keys", true);
    const source = memoryStore();
    await source.putMany(Array.from({ length: 5 }, (_, i) => [`k${i}`, i]));
    let token = "";
    await copy(source, memoryStore(), { batch: 2, onProgress: ({ cursor }) => void (token ||= cursor ?? "") });
    await check(damaged(ours), async (text) => {
      if (text !== ours) await calm((async () => decodeCursor(text, "keys", {}))());
    });
    await check(damaged(token), async (text) => calm(copy(source, memoryStore(), { cursor: text })), 0.2);
  });
});

describe("whatever is in its collection,", () => {
  /** The entries of some collections, and damage in the place of one of them. */
  const plantEach = async (
    store: ReturnType<typeof memoryStore>,
    collections: readonly string[],
    body: () => Promise<void>,
  ) => {
    let planted = 0;
    for (const collection of collections) {
      for (const key of await Array.fromAsync(store.keys({ collection }))) {
        planted++;
        await check(
          damaged(JSON.stringify(await store.get(key, { collection }))),
          async (text) => {
            const value = asValue(text);
            if (value === null || (await outcome(store.put(key, value, { collection }))) !== undefined) return;
            await body();
          },
          0.3,
        );
      }
    }
    expect(planted).toBeGreaterThan(0);
  };

  it("a limit works, or fails with a typed error", async () => {
    const store = memoryStore();
    const take = () => rateLimit(store, "k", { limit: 5, window: 60 });
    await take();
    await plantEach(store, ["rate-limits"], async () => {
      const result = await outcome(take());
      if ("code" in result) return;
      for (const number of [result.remaining, result.retryAfter, result.resetAfter]) {
        require(Number.isFinite(number) && number >= 0, result);
      }
    });
  });

  it("a lock works, or fails with a typed error", async () => {
    const store = memoryStore();
    const lock = () => tryLock(store, "k", { ttl: 60 });
    await lock();
    await plantEach(store, ["locks"], async () => {
      const held = await outcome(lock());
      if (held && "token" in held) require(Number.isSafeInteger(held.token), held);
    });
  });

  it("a one-time run works, or fails with a typed error", async () => {
    const store = memoryStore();
    const pay = idempotent(async () => new Response("paid"), { store });
    const post = () =>
      new Request("https://example.com/", { method: "POST", headers: { "idempotency-key": "k" }, body: "{}" });
    await pay(post());
    await plantEach(store, ["idempotency"], async () => {
      const response = await outcome(pay(post()));
      if (response instanceof Response) require(response.status >= 200, response);
    });
  });

  it("a cached function returns its result", async () => {
    const store = memoryStore();
    const double = cached(store, async (n: number) => ({ n: n * 2 }), { key: String, ttl: 60, onError: () => {} });
    await double(2);
    await plantEach(store, await Array.fromAsync(store.collections()), async () => void (await double(2)));
  });

  it("a cached handler answers", async () => {
    const store = memoryStore();
    const page = cachedResponse(async () => new Response("page", { headers: { vary: "accept", etag: '"1"' } }), {
      store,
      ttl: 60,
      onError: () => {},
    });
    const visit = () => page(new Request("https://example.com/", { headers: { accept: "text/html" } }));
    await visit();
    // The result is written after the response is returned.
    while ((await Array.fromAsync(store.keys())).length < 2) await new Promise((done) => setTimeout(done, 1));
    await plantEach(store, await Array.fromAsync(store.collections()), async () => {
      const response = await visit();
      require(response.status === 200, response);
      await response.text();
    });
  });
});
