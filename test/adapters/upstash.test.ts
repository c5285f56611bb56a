import { Redis } from "@upstash/redis";
import { Redis as CloudflareRedis } from "@upstash/redis/cloudflare";
import { Redis as FastlyRedis } from "@upstash/redis/fastly";
import { beforeAll, describe, expect, it } from "#test";
import { type UpstashClient, upstashStore } from "../../src/adapters/upstash.ts";
import { type JsonValue, type KeyValueError, toDriver } from "../../src/index.ts";
import { tryLock } from "../../src/lock.ts";
import { rateLimit } from "../../src/rate-limit.ts";
import wire from "../fixtures/python-wire.json" with { type: "json" };
import { type Database, describeWithRedis, openDatabase } from "../support/upstash.ts";

const at = { collection: "users" };
const day = 86_400_000;

/** What a call is rejected with. */
async function failureOf(call: Promise<unknown>): Promise<KeyValueError> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error: KeyValueError) => error,
  );
}

async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found.sort();
}

/** Runs `body` at another time. */
async function later<T>(milliseconds: number, body: () => Promise<T>): Promise<T> {
  const { now } = Date;
  Date.now = () => now() + milliseconds;
  try {
    return await body();
  } finally {
    Date.now = now;
  }
}

describe("upstashStore", () => {
  it("refuses what is neither a client nor credentials, and a prefix that UTF-8 cannot hold", () => {
    const clients = [undefined, null, {}, "https://example.com", { url: "https://example.com" }, { get() {} }];
    for (const client of clients) expect(() => upstashStore(client as never)).toThrow(TypeError);
    const client: UpstashClient = { exec: async () => [] };
    for (const keyPrefix of [null, 5]) {
      expect(() => upstashStore(client, { keyPrefix: keyPrefix as unknown as string })).toThrow(TypeError);
    }
  });

  it("says at once that a URL or a token is undefined, also of a client", () => {
    const url = "https://example.com";
    const missing = undefined as unknown as string;
    const cases: [words: string, make: () => ConstructorParameters<typeof Redis>[0] | object][] = [
      ["but url is", () => ({ url: missing, token: "t" })],
      ["but token is", () => ({ url, token: missing })],
      ["but url and token are", () => ({ url: missing, token: missing })],
      ["but url is", () => new Redis({ url: missing, token: "t" })],
      ["but token is", () => new Redis({ url, token: missing })],
    ];
    for (const [words, make] of cases) {
      let error: KeyValueError | undefined;
      try {
        upstashStore(make() as UpstashClient);
      } catch (thrown) {
        error = thrown as KeyValueError;
      }
      expect([words, error?.code, error?.message.includes(words)]).toEqual([words, "misconfigured", true]);
    }
    upstashStore(new Redis({ url, token: "t" }));
  });

  it("names the keys of a bulk that Redis refused, while the others are written", async () => {
    const exec: UpstashClient["exec"] = async ([, , count = ""]) =>
      Array.from({ length: Number(count) }, (_, i) => (i === 1 ? "!NOPERM no access to this key" : "+"));
    const error = await failureOf(
      upstashStore({ exec }).putMany(
        [
          ["a", 1],
          ["b", 2],
          ["c", 3],
        ],
        at,
      ),
    );
    expect([error.code, error.collection, error.failed, error.store]).toEqual([
      "unauthorized",
      "users",
      ["b"],
      "upstash",
    ]);
  });

  it("takes no answer for a reply that is not one, as a client gives it for an aborted request", async () => {
    for (const reply of [null, undefined, "Aborted", [], [1], [null], {}]) {
      const store = upstashStore({ exec: async () => reply });
      expect((await failureOf(store.get("k"))).code).toBe("backend");
      expect((await failureOf(store.put("k", 1))).code).toBe("backend");
      expect((await failureOf(store.putIfAbsent("k", 1))).code).toBe("backend");
      expect((await failureOf(store.listKeys())).code).toBe("backend");
    }
  });

  it("says that credentials which are no URL are misconfigured, at the first use", async () => {
    const store = upstashStore({ url: "not a url", token: "secret-token" });
    const error = await failureOf(store.get("k"));
    expect([error.code, error.collection]).toEqual(["misconfigured", "default_collection"]);
    expect(`${error.message} ${error.cause}`.includes("secret-token")).toBe(false);
  });

  it("says that a token which no header can hold is misconfigured, and does not show it", async () => {
    const url = "http://127.0.0.1:9";
    const token = "secret\ntoken";
    const client = new Redis({ url, token, enableTelemetry: false, retry: false });
    for (const store of [upstashStore(client), upstashStore({ url, token })]) {
      const error = await failureOf(store.get("k"));
      expect([error.code, `${error.message} ${error.cause}`.includes("secret")]).toEqual(["misconfigured", false]);
    }
  });

  it("turns whatever a client throws into its own error", async () => {
    for (const thrown of [null, undefined, "text", 5, {}, Object.create(null), new TypeError("fetch failed")]) {
      const exec = () => Promise.reject(thrown);
      const store = upstashStore({ exec });
      for (const call of [() => store.get("k"), () => store.putIfAbsent("k", 1), () => store.listKeys()]) {
        const error = await failureOf(call());
        expect([error.name, error.code]).toEqual([
          "KeyValueError",
          typeof thrown === "string" ? "backend" : "unavailable",
        ]);
      }
    }
  });
});

describeWithRedis("upstashStore and redis-server", () => {
  let db: Database;
  beforeAll(async () => {
    db = await openDatabase();
  });

  describe("Python's entries", () => {
    const entries = wire.entries as unknown as {
      collection: string;
      key: string;
      value: JsonValue;
      ttl: number | null;
      wrappers: string[];
      redisKey: string;
      stored: string;
    }[];
    const plain = entries.filter(({ ttl, wrappers }) => ttl === null && wrappers.length === 0);
    const [short] = entries.filter(({ ttl }) => ttl !== null);

    it("are read, listed, changed and removed in place", async () => {
      for (const { redisKey, stored } of entries) await db.redis("SET", redisKey, stored);
      for (const options of [{}, { automaticDeserialization: false }, { responseEncoding: false as const }]) {
        const store = upstashStore(db.client(options));
        for (const { collection, key, value } of plain) expect(await store.get(key, { collection })).toEqual(value);
        const keys = entries
          .filter(({ collection, ttl }) => collection === "users" && ttl === null)
          .map(({ key }) => key);
        expect(await all(store.keys(at))).toEqual(keys.sort());
        expect(await all(store.collections())).toEqual(["app:users", "default_collection", "users"]);
      }
      const store = upstashStore(db.client());
      expect(await store.update("plain", (user: { name: string } | null) => ({ name: `${user?.name}!` }), at)).toEqual({
        name: "Alice!",
      });
      expect(await store.putIfAbsent("empty", 1, at)).toBe(false);
      expect(await store.take("empty", at)).toEqual({});
      expect(await store.delete("a::b", at)).toBe(true);
      expect(await store.destroyCollection({ collection: "app:users" })).toBe(true);
      expect(await store.getMany(["plain", "empty", "a::b"], at)).toEqual([{ name: "Alice!" }, null, null]);
    });

    /** Python's entry with another deadline, in milliseconds from now on. */
    const expiringIn = (left: number) =>
      short?.stored.replace(
        /"2026-11-23T13:58:52\.083210/,
        `"${new Date(Date.now() + left).toISOString().slice(0, 23)}210`,
      ) as string;

    it("without a TTL in Redis expire by the date in the envelope and the server's clock", async () => {
      const store = upstashStore(db.client());
      const at = { collection: "ttl" };
      for (const skew of [-day, 0, day]) {
        await db.redis("SET", "ttl::future", expiringIn(day / 2));
        for (const key of ["past", "past2", "past3"]) await db.redis("SET", `ttl::${key}`, expiringIn(-5));
        await later(skew, async () => {
          expect(Math.round((await store.ttl("future", at))?.ttl as number)).toBe(43_200);
          expect(await store.getMany(["past", "future"], at)).toEqual([null, { x: 1 }]);
          expect(await all(store.keys(at))).toEqual(["future"]);
          expect(await store.take("past3", at)).toBe(null);
          expect(await store.touch("past3", 5, at)).toBe(false);
          expect(await store.putIfAbsent("past", 1, at)).toBe(true);
          expect(await store.putIfAbsent("future", 1, at)).toBe(false);
          expect(await store.deleteMany(["past", "past2", "future", "missing"], at)).toBe(2);
        });
      }
    });

    it("with a TTL in Redis are there as long as Redis has them", async () => {
      const store = upstashStore(db.client());
      const at = { collection: "native" };
      await db.redis("SET", "native::k", expiringIn(-5), "PX", 50_000);
      expect(await store.get("k", at)).toEqual({ x: 1 });
      expect(Math.round((await store.ttl("k", at))?.ttl as number)).toBe(50);
      expect(await store.update("k", () => ({ x: 2 }), at)).toEqual({ x: 2 });
      expect(((await db.redis("PTTL", "native::k")) as number) > 40_000).toBe(true);
    });
  });

  describe("what is stored", () => {
    it("is Python's envelope under collection::key, with Redis's own expiry rounded up", async () => {
      const store = upstashStore(db.client());
      await store.put("k", { a: 1 }, { collection: "bytes", ttl: 90.9994 });
      const { id, created_at, expires_at, ...rest } = JSON.parse((await db.redis("GET", "bytes::k")) as string);
      expect(rest).toEqual({ collection: "bytes", key: "k", value: { a: 1 }, version: 1 });
      expect(/^[0-9a-f-]{36}-[0-9a-z]+$/.test(id)).toBe(true);
      for (const date of [created_at, expires_at])
        expect(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/.test(date)).toBe(true);
      const early = ((await db.redis("PEXPIRETIME", "bytes::k")) as number) - Date.parse(expires_at);
      expect(early >= 0 && early < 10_000).toBe(true);
    });

    it("has no expiry in Redis when it has none, also after one that had", async () => {
      const store = upstashStore(db.client());
      await store.put("k", 1, { collection: "expiry", ttl: 5 });
      await store.put("k", 1, { collection: "expiry" });
      expect(await db.redis("PTTL", "expiry::k")).toBe(-1);
      await store.put("k", 1, { collection: "expiry", ttl: 0.0001 });
      await store.update("k", () => 2, { collection: "expiry", ttl: 50 });
      expect(((await db.redis("PTTL", "expiry::k")) as number) > 40_000).toBe(true);
    });

    it("may have a deadline beyond what Redis and Python can count", async () => {
      const driver = toDriver(upstashStore(db.client()));
      const items = [253402300799999, 1e300, Number.POSITIVE_INFINITY].map(
        (expiresAt, i) => [`${i}`, { value: i, expiresAt }] as const,
      );
      await driver.write("far", items);
      const found = await driver.read("far", ["0", "1", "2"]);
      expect(found.map((entry) => entry?.value)).toEqual([0, 1, 2]);
      for (const entry of found) expect(Math.abs((entry?.expiresAt as number) - 253402300799999) < 5000).toBe(true);
    });

    it("is removed by a write whose deadline has passed", async () => {
      const driver = toDriver(upstashStore(db.client()));
      await driver.write("past", [["k", { value: 1 }]]);
      await driver.write("past", [["k", { value: 2, expiresAt: Date.now() }]]);
      expect(await db.redis("EXISTS", "past::k")).toBe(0);
      await driver.write("past", [["k", { value: 1 }]]);
      const [entry] = await driver.read("past", ["k"], { fresh: true });
      expect(await driver.swap("past", "k", entry?.version, { value: 2, expiresAt: Date.now() })).toEqual({
        ok: true,
        version: "",
      });
      expect(await db.redis("EXISTS", "past::k")).toBe(0);
    });
  });

  it("makes one request for each operation, and two for an update", async () => {
    for (const options of [{}, { automaticDeserialization: false, enableAutoPipelining: false }]) {
      const store = upstashStore(db.client(options), { keyPrefix: "count" });
      const operations: [requests: number, call: () => Promise<unknown>][] = [
        [1, () => store.put("a", 1)],
        [1, () => store.putMany(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]))],
        [1, () => store.get("a")],
        [1, () => store.ttl("missing")],
        [1, () => store.getMany(Array.from({ length: 500 }, (_, i) => `k${i}`))],
        [1, () => store.ttlMany(["a", "b"])],
        [1, () => store.listKeys({ limit: 1000 })],
        [1, () => store.listCollections({ limit: 1 })],
        [1, () => store.delete("a")],
        [1, () => store.deleteMany(["a", "k1", "k2"])],
        [1, () => store.putIfAbsent("b", 1)],
        [1, () => store.putIfAbsent("b", 1)],
        [1, () => store.increment("b")],
        [1, () => store.touch("b", 60)],
        [2, () => store.update("b", () => 5)],
        [1, () => rateLimit(store, "limit", { limit: 1, window: 60 })],
        [1, () => rateLimit(store, "limit", { limit: 1, window: 60 })],
        [1, () => tryLock(store, "lock", { ttl: 60 })],
        [1, () => tryLock(store, "lock", { ttl: 60 })],
        [1, () => store.take("b")],
        [1, () => store.take("b")],
        [1, () => store.destroyCollection()],
        [1, () => store.destroy()],
      ];
      await db.requests();
      const made: number[] = [];
      for (const [, call] of operations) {
        await call();
        made.push((await db.requests()).length);
      }
      expect(made).toEqual(operations.map(([requests]) => requests));
    }
  });

  it("asks the primary for every read, unless nearby replicas will do", async () => {
    await db.requests();
    await upstashStore(db.client()).get("k");
    const eventual = upstashStore(db.client(), { consistency: "eventual" });
    await eventual.put("k", 1);
    await eventual.get("k");
    await eventual.increment("k");
    await eventual.listKeys();
    const names = (await db.requests()).map(([name]) => name);
    expect(names).toEqual(["EVAL", "EVAL", "EVAL_RO", "EVAL", "EVAL"]);
    expect(toDriver(eventual).consistency).toBe("eventual");
    expect(toDriver(upstashStore(db.client())).consistency).toBe("strong");
  });

  describe("under a client that sends again", () => {
    it("an increment whose reply is lost counts once", async () => {
      const store = upstashStore(db.client(), { keyPrefix: "lost1" });
      await db.faults([null, "lost", null, "lost", "lost", "lost"]);
      expect(await store.increment("n")).toBe(1);
      expect(await store.increment("n")).toBe(2);
      expect(await store.get("n")).toBe(2);
    });

    it("an increment counts once also when another writer comes before it is sent again", async () => {
      const slow = upstashStore(db.client({ retry: { retries: 3, backoff: () => 300 } }), { keyPrefix: "lost2" });
      const store = upstashStore(db.client(), { keyPrefix: "lost2" });
      const seen = async () => (await db.redis("EXISTS", "lost2::default_collection::n")) === 1;
      for (const between of [() => store.increment("n"), () => store.put("n", 10), () => store.delete("n")]) {
        await store.delete("n");
        await db.faults([null, "lost"]);
        const increment = slow.increment("n");
        while (!(await seen())) await new Promise((resolve) => setTimeout(resolve, 5));
        await between();
        const after = await store.get("n");
        expect(await increment).toBe(1);
        expect(await store.get("n")).toBe(after);
      }
    });

    it("a token whose reply is lost is taken once, and the next one is left alone", async () => {
      const slow = upstashStore(db.client({ retry: { retries: 3, backoff: () => 300 } }), { keyPrefix: "lost3" });
      const store = upstashStore(db.client(), { keyPrefix: "lost3" });
      await store.put("token", "first");
      await db.faults([null, "lost"]);
      const taken = slow.take("token");
      while ((await db.redis("EXISTS", "lost3::default_collection::token")) === 1) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(await store.take("token")).toBe(null);
      await store.put("token", "second");
      expect(await taken).toBe("first");
      expect(await store.take("token")).toBe("second");
    });

    it("the first of many to write knows it, though the reply is lost", async () => {
      const store = upstashStore(db.client(), { keyPrefix: "lost4" });
      await db.faults(["lost"]);
      expect(await store.putIfAbsent("k", "mine")).toBe(true);
      expect(await store.putIfAbsent("k", "other")).toBe(false);
      expect(await store.get("k")).toBe("mine");
    });

    it("fifty increments at once are all counted while every third reply is lost", async () => {
      const client = db.client({ retry: { retries: 30, backoff: () => 1 } });
      const store = upstashStore(client, { keyPrefix: "lost5" });
      await db.faults({ lost: 0.33 });
      const sums = await Promise.all(Array.from({ length: 50 }, () => store.increment("n")));
      await db.faults([]);
      expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect(await store.get("n")).toBe(50);
    });
  });

  describe("corrupt bytes", () => {
    const corrupt = [
      "",
      "not json",
      "null",
      "456",
      "12345678901234567890",
      '"text"',
      "[1]",
      "{}",
      '{"value":null}',
      '{"value":NaN}',
      '{"value":1,"expires_at":7}',
    ];

    it("are errors with code corrupted, whether the client parses replies or not", async () => {
      for (const options of [{}, { automaticDeserialization: false }]) {
        const store = upstashStore(db.client(options));
        for (const bytes of corrupt) {
          await db.redis("SET", "bad::k", bytes);
          for (const call of [
            () => store.get("k", { collection: "bad" }),
            () => store.getMany(["x", "k"], { collection: "bad" }),
            () => store.take("k", { collection: "bad" }),
            () => store.putIfAbsent("k", 1, { collection: "bad" }),
          ]) {
            const error = await failureOf(call());
            expect([bytes, error.code, error.store, error.collection, error.key]).toEqual([
              bytes,
              "corrupted",
              "upstash",
              "bad",
              "k",
            ]);
            if (bytes.length > 3) expect(`${error.message} ${error.cause}`.includes(bytes)).toBe(false);
          }
          expect(await store.delete("k", { collection: "bad" })).toBe(true);
        }
      }
    });

    it("that are not UTF-8 are not taken for text with replacement characters", async () => {
      const store = upstashStore(db.client());
      const value = "\uFFFD and \uFFFD";
      await store.put("k", value, { collection: "utf8" });
      expect(await store.get("k", { collection: "utf8" })).toBe(value);
      await db.redis("SET", "utf8::k", '{"value":"caf');
      await db.redis("SETBIT", "utf8::k", 13 * 8, 1);
      await db.redis("APPEND", "utf8::k", '"}');
      expect((await failureOf(store.get("k", { collection: "utf8" }))).code).toBe("corrupted");
    });

    it("are missing entries where that is asked for, and can be written over", async () => {
      const store = upstashStore(db.client(), { onCorrupt: "miss" });
      for (const bytes of corrupt) {
        for (const write of [
          () => store.put("k", 1, { collection: "bad" }),
          () => store.putIfAbsent("k", 1, { collection: "bad" }),
          () => store.increment("k", 1, { collection: "bad" }),
          () => store.update("k", () => 1, { collection: "bad" }),
        ]) {
          await db.redis("SET", "bad::k", bytes);
          expect(await store.getMany(["k"], { collection: "bad" })).toEqual([null]);
          expect(await store.take("k", { collection: "bad" })).toBe(null);
          expect(await write()).not.toBe(false);
          expect(await store.get("k", { collection: "bad" })).toBe(1);
        }
      }
    });

    it("are not looked for in a list or another type of Redis, which is nobody's entry", async () => {
      await db.redis("DEL", "bad::list");
      await db.redis("RPUSH", "bad::list", "x");
      expect((await failureOf(upstashStore(db.client()).get("list", { collection: "bad" }))).code).toBe("corrupted");
      const store = upstashStore(db.client(), { onCorrupt: "miss" });
      expect(await store.get("list", { collection: "bad" })).toBe(null);
      expect(await all(store.keys({ collection: "bad", prefix: "list" }))).toEqual([]);
      await store.destroyCollection({ collection: "bad" });
      expect(await db.redis("TYPE", "bad::list")).toBe("list");
    });
  });

  describe("limits", () => {
    it("are checked before anything is sent, on what is really sent", async () => {
      const store = upstashStore(db.client(), { keyPrefix: "limit" });
      await db.requests();
      const room = 32 * 1024 - "limit::users::".length;
      const long = await failureOf(store.get("é".repeat(room / 2 + 1), at));
      expect([long.code, long.limit, long.size, long.collection]).toEqual(["too_large", 32768, 32770, "users"]);
      // Quotes are escaped twice on their way, so half of the limit is too much.
      const quotes = '"'.repeat(3_000_000);
      const large = await failureOf(
        store.putMany(
          [
            ["a", 1],
            ["b", quotes],
          ],
          at,
        ),
      );
      expect([large.code, large.limit, large.key, (large.size as number) > 12_000_000]).toEqual([
        "too_large",
        10 * 1024 * 1024,
        "b",
        true,
      ]);
      expect((await failureOf(store.update("c", () => quotes, at))).code).toBe("too_large");
      expect(await db.requests()).toEqual([["EVAL"]]);
      await store.put("n".repeat(room), 1, at);
      expect(await store.get("n".repeat(room), at)).toBe(1);
    });

    it("split a bulk into as few requests as they allow, and what fails does not keep the rest from being written", async () => {
      const store = upstashStore(db.client({ retry: false }), { keyPrefix: "chunks" });
      const items = ["a", "b", "c", "d"].map((key) => [key, key.repeat(key === "d" ? 1 : 5 * 1024 * 1024)] as const);
      const there = async () =>
        (await store.getMany<string>(["a", "b", "c", "d"])).map((found) => found && [found[0], found.length]);
      await db.requests();
      await db.faults([null, { status: 429, error: "ERR max requests limit exceeded. Limit: 1000, Usage: 1001" }]);
      const error = await failureOf(store.putMany(items));
      // The requests are under way at the same time, so any of them may be the one that is refused.
      expect([error.code, error.key]).toEqual(["rate_limited", undefined]);
      expect([["a"], ["b"], ["c", "d"]]).toContainEqual(error.failed);
      expect((await db.requests()).length).toBe(3);
      expect(await there()).toEqual(
        items.map(([key, value]) => (error.failed?.includes(key) ? null : [key, value.length])),
      );
      await store.destroy();
    });
  });

  describe("failures", () => {
    const secret = "hunter2";
    const once = { retry: false as const };

    it("have a code that says what to do, the address, and nothing that was to be stored", async () => {
      const cases: [code: string, fault: Parameters<Database["faults"]>[0]][] = [
        ["unauthorized", [{ status: 401, error: "Unauthorized" }]],
        ["unauthorized", [{ status: 401, error: "WRONGPASS invalid or missing auth token" }]],
        ["unauthorized", [{ status: 400, error: "NOPERM this user has no permissions to run the 'eval' command" }]],
        ["rate_limited", [{ status: 429, error: "Too Many Requests" }]],
        ["rate_limited", [{ status: 400, error: "ERR max daily request limit exceeded. Limit: 10000, Usage: 10001." }]],
        ["too_large", [{ status: 400, error: "ERR max request size exceeded. Limit: 1048576 bytes, Actual: 1200000" }]],
        ["backend", [{ status: 500, error: "ERR something else" }]],
        ["unavailable", [{ status: 502, body: "<html>Bad Gateway</html>" }]],
        ["unavailable", { lost: 1 }],
        ["unavailable", Array.from({ length: 9 }, () => "refused" as const)],
      ];
      for (const [code, faults] of cases) {
        const store = upstashStore(db.client(once));
        await db.faults(faults);
        const error = await failureOf(store.put("k", { password: secret }, at));
        expect([faults, error.code, error.store, error.collection, error.key]).toEqual([
          faults,
          code,
          "upstash",
          "users",
          "k",
        ]);
        expect(error.cause instanceof Error).toBe(true);
        const cause = error.cause as Error;
        const text = `${error.message} ${error.stack} ${cause.message} ${cause.stack} ${JSON.stringify({ ...error })}`;
        expect([text.includes(secret), text.includes(db.token)]).toEqual([false, false]);
      }
      await db.faults([]);
    });

    it("of the credentials themselves are unauthorized", async () => {
      const error = await failureOf(upstashStore(db.client({ token: "wrong" })).get("k"));
      expect([error.code, error.key]).toEqual(["unauthorized", "k"]);
    });

    it("of a signal are aborted, and of its deadline a timeout", async () => {
      const aborted = upstashStore(db.client({ ...once, signal: () => AbortSignal.abort() }));
      expect((await failureOf(aborted.get("k"))).code).toBe("aborted");
      const signal = AbortSignal.timeout(1);
      while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
      const late = upstashStore(db.client({ ...once, signal: () => signal }));
      expect((await failureOf(late.get("k"))).code).toBe("timeout");
      // The client answers a signal that is no function as if that had been the reply.
      const silent = upstashStore(db.client({ ...once, signal: AbortSignal.abort() }));
      expect((await failureOf(silent.get("k"))).code).toBe("backend");
    });

    it("of nobody listening are unavailable", async () => {
      const store = upstashStore(new Redis({ url: "http://127.0.0.1:9", token: "t", ...once }));
      const error = await failureOf(store.get("k"));
      expect([error.code, error.store, error.collection]).toEqual(["unavailable", "upstash", "default_collection"]);
    });
  });

  describe("listings", () => {
    it("never give more than the limit, lose nothing to deletions in between, and give each name once", async () => {
      const store = upstashStore(db.client(), { keyPrefix: "pages" });
      const names = Array.from({ length: 700 }, (_, i) => `${i}`);
      await store.putMany(names.map((name) => [name, 1]));
      for (const limit of [1, 7, 100, 699, 700, 5000]) {
        const found: string[] = [];
        let cursor: string | undefined;
        for (let pages = 0; pages < (limit === 1 ? 20 : 1000); pages++) {
          const page = await store.listKeys({ limit, cursor });
          expect(page.names.length <= limit).toBe(true);
          found.push(...page.names);
          // Names that were given go; none that is left may be skipped.
          if (limit < 700) await store.deleteMany(page.names);
          cursor = page.cursor;
          if (cursor === undefined) break;
        }
        expect(new Set(found).size).toBe(found.length);
        if (limit > 1) expect(found.sort()).toEqual([...names].sort());
        await store.putMany(names.map((name) => [name, 1]));
      }
      const { cursor } = await store.listKeys({ limit: 10 });
      await store.deleteMany(names);
      expect((await store.listKeys({ limit: 10, cursor })).names).toEqual([]);
      await store.destroy();
    });

    it("leave out what has expired, the receipts of atomic operations, and foreign names", async () => {
      const own = await openDatabase();
      const store = upstashStore(own.client());
      await store.increment("counter", 1, at);
      await store.take("counter", at);
      await store.putIfAbsent("short", 1, { ...at, ttl: 100 });
      await store.putIfAbsent("long", 1, { ...at, ttl: 1000 });
      await store.put("gone", 1, { collection: "gone", ttl: 100 });
      await own.redis("SET", "foreign", "1");
      await own.redis("SET", "users::%25uD800", '{"value":1}');
      await own.redis("SET", "users::%uD8", '{"value":1}');
      expect(await all(store.keys(at))).toEqual(["%uD800", "long", "short"]);
      expect(await all(store.collections())).toEqual(["gone", "users"]);
      for (const name of ["users::short", "gone::gone"]) await own.redis("PEXPIRE", name, 1);
      while ((await own.redis("EXISTS", "users::short", "gone::gone")) !== 0);
      expect(await all(store.keys({ ...at, prefix: "s" }))).toEqual([]);
      expect(await all(store.collections())).toEqual(["users"]);
      expect(await store.destroyCollection({ collection: "gone" })).toBe(false);
    });

    it("give a collection once over all pages", async () => {
      const own = await openDatabase();
      const store = upstashStore(own.client());
      for (let i = 0; i < 12; i++) {
        await store.putMany(
          Array.from({ length: 30 }, (_, k) => [`${k}`, 1]),
          { collection: `c${i}` },
        );
      }
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listCollections({ limit: 5, cursor });
        found.push(...page.names);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found.sort()).toEqual(Array.from({ length: 12 }, (_, i) => `c${i}`).sort());
    });

    it("take pattern characters as they are", async () => {
      const store = upstashStore(db.client(), { keyPrefix: "glob[a-z]*" });
      const other = upstashStore(db.client(), { keyPrefix: "globa" });
      await other.put("k", 1);
      const names = ["*", "?", "[a]", "a", "\\", "\\*", "]", "^", "a*"];
      await store.putMany(
        names.map((name) => [name, 1]),
        { collection: "*" },
      );
      await store.put("a", 1, { collection: "x" });
      expect(await all(store.keys({ collection: "*" }))).toEqual([...names].sort());
      expect(await all(store.keys({ collection: "*", prefix: "\\" }))).toEqual(["\\", "\\*"]);
      expect(await all(store.keys({ collection: "*", prefix: "[" }))).toEqual(["[a]"]);
      expect(await all(store.collections())).toEqual(["*", "x"]);
      expect(await all(store.collections({ prefix: "*" }))).toEqual(["*"]);
      expect(await store.destroyCollection({ collection: "*" })).toBe(true);
      expect(await store.get("a", { collection: "x" })).toBe(1);
    });

    it("find collections by a prefix that ends within an escape", async () => {
      const store = upstashStore(db.client(), { keyPrefix: "ends" });
      const collections = [
        "a:",
        "a::",
        "a:b",
        "a%3A",
        "a%25",
        "a%2",
        "a%",
        "a\uD83D",
        "a😀",
        "a%uD800",
        "a:%2",
        "a:%25",
        "a:\uD800",
      ];
      for (const collection of collections) await store.put("k", 1, { collection });
      for (const prefix of [
        "a",
        "a:",
        "a::",
        "a%",
        "a%2",
        "a%25",
        "a%3",
        "a%u",
        "a%uD",
        "a%uD8",
        "a\uD83D",
        "a:%",
        "a:%2",
        "a:\uD800",
      ]) {
        const expected = collections.filter((collection) => collection.startsWith(prefix)).sort();
        expect([prefix, await all(store.collections({ prefix }))]).toEqual([prefix, expected]);
      }
    });

    it("refuse a cursor of somebody else", async () => {
      const store = upstashStore(db.client());
      await store.putMany(
        Array.from({ length: 50 }, (_, i) => [`${i}`, i]),
        { collection: "cursors" },
      );
      const { cursor: good = "" } = await store.listKeys({ collection: "cursors", limit: 1 });
      const { cursor: other = "" } = await store.listCollections({ limit: 1 });
      const damaged = Array.from({ length: good.length }, (_, i) => {
        const digit = good[i] === "7" ? "8" : "7";
        return good.slice(0, i) + digit + good.slice(i + 1);
      });
      for (const cursor of [
        "",
        "0",
        "abc",
        "[]",
        '["0",[],[]]',
        "null",
        other,
        `${good}0`,
        good.slice(1),
        ...damaged,
      ]) {
        expect([cursor, (await failureOf(store.listKeys({ collection: "cursors", cursor }))).code]).toEqual([
          cursor,
          "invalid_cursor",
        ]);
      }
      expect((await failureOf(store.listKeys({ collection: "cursor", cursor: good }))).code).toBe("invalid_cursor");
      expect((await failureOf(store.listCollections({ cursor: good }))).code).toBe("invalid_cursor");
    });
  });

  it("owns what starts with its prefix and destroys nothing else", async () => {
    const own = await openDatabase();
    const store = upstashStore(own.client(), { keyPrefix: "app*" });
    const other = upstashStore(own.client(), { keyPrefix: "app*1" });
    const whole = upstashStore(own.client());
    expect("destroy" in whole).toBe(false);
    await store.putMany(Array.from({ length: 2500 }, (_, i) => [`${i}`, i]));
    await store.increment("n");
    await other.put("k", 1);
    await whole.put("k", 1);
    expect(await store.destroy()).toBe(true);
    expect(await store.destroy()).toBe(false);
    const names = (await own.redis("KEYS", "*")) as string[];
    expect(names.filter((name) => !name.includes("edge-key-value:receipts:")).sort()).toEqual([
      "app*1::default_collection::k",
      "default_collection::k",
    ]);
    expect([await other.get("k"), await whole.get("k")]).toEqual([1, 1]);
  });

  it("is made of a URL and a token, and touches nothing before its first use", async () => {
    await db.requests();
    const store = upstashStore({ url: db.url, token: db.token }, { keyPrefix: "credentials" });
    expect(await db.requests()).toEqual([]);
    await Promise.all([store.put("a", 1), store.put("b", "456")]);
    expect(await store.getMany(["a", "b"])).toEqual([1, "456"]);
    expect(await store.increment("a")).toBe(2);
  });

  it("works with the client of every entry point of the package", async () => {
    const config = { url: db.url, token: db.token, enableTelemetry: false };
    const clients = [
      new Redis(config),
      new CloudflareRedis(config),
      new FastlyRedis({ ...config, backend: "b" }),
      new Redis({ ...config, enableAutoPipelining: false }),
    ];
    for (const [i, client] of clients.entries()) {
      const store = upstashStore(client, { keyPrefix: `entry${i}` });
      await store.put("12345678901234567890", "456");
      expect(await store.get("12345678901234567890")).toBe("456");
      expect(await store.increment("n", i)).toBe(i);
      expect(await all(store.keys())).toEqual(["12345678901234567890", "n"]);
    }
  });
});
