import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { addressOf, encodeName, nameStart, objectName } from "../../src/adapters/r2/names.ts";
import { type R2Client, r2Store } from "../../src/adapters/r2.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type KeyValueError, toDriver } from "../../src/index.ts";
import { randomOf } from "../support/chaos.ts";

const { BUCKET } = env as { BUCKET: R2Bucket };
let stores = 0;

conformance({ describe, it, expect }, "r2Store", () => r2Store(BUCKET, { keyPrefix: `*suite[${stores++}]` }), {
  capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "swap"],
  // The simulator's bucket takes its time.
  ttlGranularity: 0.3,
});

/** A bucket that notes its calls. */
function counted(calls: string[]): R2Client {
  const note = <T>(name: string, result: T): T => {
    calls.push(name);
    return result;
  };
  return {
    head: (key) => note("head", BUCKET.head(key)),
    get: (key) => note("get", BUCKET.get(key)),
    put: (key, value, options) => note("put", BUCKET.put(key, value, options)),
    delete: (keys) => note("delete", BUCKET.delete(keys)),
    list: (options) => note("list", BUCKET.list(options)),
  };
}

const failureOf = (call: Promise<unknown>): Promise<KeyValueError> =>
  call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error) => error,
  );

describe("r2Store", () => {
  it("makes as few calls as its documentation says", async () => {
    const calls: string[] = [];
    const store = r2Store(counted(calls), { keyPrefix: "counted" });
    const during = async (run: () => Promise<unknown>) => {
      calls.length = 0;
      await run();
      return calls.join(" ");
    };
    const keys = ["a", "b", "c"];
    for (const [expected, run] of [
      ["put", () => store.put("k", 1, { ttl: 60 })],
      ["get", () => store.get("k")],
      ["get", () => store.ttl("k")],
      ["put put put", () => store.putMany(keys.map((key) => [key, key]))],
      ["get get get", () => store.getMany(keys)],
      ["head head head delete", () => store.deleteMany(keys)],
      ["put", () => store.putIfAbsent("new", 1)],
      ["put get", () => store.putIfAbsent("new", 1)],
      ["get put", () => store.increment("n")],
      ["get put", () => store.update("k", () => 2)],
      ["get put", () => store.take("k")],
      ["put get put", () => store.putIfAbsent("k", 3)],
      ["list", () => store.listKeys({ limit: 10 })],
      ["list", () => store.listCollections()],
      ["list delete", () => store.destroyCollection()],
    ] as const) {
      expect([`${run}`, await during(run)]).toEqual([`${run}`, expected]);
    }
  });

  it("keeps values of many megabytes, with their times in the metadata", async () => {
    const store = r2Store(BUCKET, { keyPrefix: "large" });
    const value = "é".repeat(4 * 1024 * 1024);
    const before = Date.now();
    await store.put("k", value, { ttl: 600 });
    expect((await store.get("k")) === value).toBe(true);
    const object = await BUCKET.get("large::default_collection::k");
    expect(object?.httpMetadata?.contentType).toBe("application/json");
    expect(object?.customMetadata?.v).toBe("1");
    expect(Number(object?.customMetadata?.["expires-at"]) - before >= 600_000).toBe(true);
    const { value: stored, id, ...rest } = JSON.parse((await object?.text()) ?? "");
    expect([stored === value, typeof id, rest]).toEqual([true, "string", {}]);
  });

  it("names every address with ASCII alone, and no two the same, whatever Unicode composes", async () => {
    const random = randomOf(7);
    const parts = [
      "a",
      "%",
      "2",
      "5",
      "8",
      "F",
      "7",
      "3A",
      "u",
      "D83D",
      ":",
      "::",
      "é",
      "e\u0301",
      "\u0301",
      "あ",
      "😀",
    ];
    parts.push("\uD83D", "\0", "\x7F", "\x80", "\u212B", "Å");
    const text = () =>
      Array.from({ length: Math.floor(random() * 6) }, () => parts[Math.floor(random() * parts.length)]).join("");
    for (let i = 0; i < 2_000; i++) {
      const [collection, key] = [text(), text()];
      const name = objectName(collection, key);
      expect(/^[\x20-\x7E]*$/.test(name)).toBe(true);
      expect(addressOf(name)).toEqual([collection, key]);
      const start = nameStart(`${collection.replace(/[:%\uD800-\uDFFF]/g, "")}::`);
      if (!/[:%\uD800-\uDFFF]/.test(collection)) expect(name.startsWith(start)).toBe(true);
    }
    expect(addressOf("users::%FF")).toBe(undefined);
    expect(encodeName("é")).not.toBe(encodeName("e\u0301"));
  });

  it("refuses a name that is too long before it calls R2", async () => {
    const calls: string[] = [];
    const store = r2Store(counted(calls));
    const key = "é".repeat(200);
    for (const call of [
      () => store.get(key),
      () =>
        store.putMany([
          ["a", 1],
          [key, 1],
        ]),
      () => store.deleteMany(["a", key]),
      () => store.putIfAbsent(key, 1),
    ]) {
      const { code, limit, size } = await failureOf(call());
      expect([code, limit, size]).toEqual(["too_large", 1024, 1220]);
    }
    expect(calls).toEqual([]);
  });

  it("has one winner among many who put, count and take at the same time", async () => {
    const made = Array.from({ length: 4 }, () => r2Store(BUCKET, { keyPrefix: "race" }));
    const all = <T>(call: (store: (typeof made)[0], i: number) => Promise<T>) =>
      Promise.all(Array.from({ length: 20 }, (_, i) => call(made[i % 4] as (typeof made)[0], i)));
    expect((await all((store, i) => store.putIfAbsent("slot", i))).filter(Boolean).length).toBe(1);
    await all((store) => store.increment("n"));
    expect(await made[0]?.get("n")).toBe(20);
    expect((await all((store) => store.take("slot"))).filter((value) => value !== null).length).toBe(1);
    // The same value has another version when it is put again.
    await made[0]?.put("aba", 1);
    const { version = "" } = (await made[0]?.getWithVersion("aba")) ?? {};
    await made[1]?.put("aba", 2);
    await made[1]?.put("aba", 1);
    expect(await made[0]?.putIfVersion("aba", 3, version)).toBe(null);
  });

  it("takes a write that was sent twice for one", async () => {
    const twice: R2Client = {
      ...counted([]),
      async put(key, value, options) {
        await BUCKET.put(key, value, options);
        return BUCKET.put(key, value, options);
      },
    };
    const store = r2Store(twice, { keyPrefix: "twice" });
    expect(await store.putIfAbsent("k", 1)).toBe(true);
    expect(await store.increment("n")).toBe(1);
    expect(await store.increment("n")).toBe(2);
  });

  it("leaves out expired and removed entries, and objects of others, in every page", async () => {
    const store = r2Store(BUCKET, { keyPrefix: "pages" });
    const driver = toDriver(store);
    const keys = Array.from({ length: 120 }, (_, i) => `${i}`.padStart(3, "0"));
    await driver.write(
      "c",
      keys.map((key, i) => [key, i % 3 ? { value: 1, expiresAt: Date.now() + 60_000 } : { value: 1 }]),
    );
    await BUCKET.put("pages::c::foreign", "{}");
    await BUCKET.put("pages::other", "{}");
    await BUCKET.put("pages::c::050", "{}", { customMetadata: { v: "1", "expires-at": "5" } });
    await store.take("051", { collection: "c" });
    await store.put("k", 1, { collection: "d" });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listKeys({ collection: "c", limit: 7, cursor });
      found.push(...page.names);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(found).toEqual(keys.filter((key) => key !== "050" && key !== "051"));
    expect((await store.listCollections()).names).toEqual(["c", "d"]);
    expect((await store.listCollections({ limit: 1 })).cursor).toBe("c");
    expect((await store.listCollections({ limit: 1, cursor: "c" })).names).toEqual(["d"]);
    expect((await failureOf(store.listKeys({ collection: "c", cursor: "elsewhere" }))).code).toBe("invalid_cursor");
    expect(await store.destroy()).toBe(true);
    expect((await BUCKET.list({ prefix: "pages::" })).objects.length).toBe(0);
  });

  it("reads what is not an entry as corrupted, or as missing when asked", async () => {
    const store = r2Store(BUCKET, { keyPrefix: "damaged" });
    const lenient = r2Store(BUCKET, { keyPrefix: "damaged", onCorrupt: "miss" });
    const ours = { customMetadata: { v: "1" } };
    for (const [body, options] of [
      ["not JSON", ours],
      ["null", ours],
      ['{"value":null,"id":"a"}', ours],
      ['{"value":1}', ours],
      ['{"value":1,"id":"a"}', {}],
      ['{"value":1,"id":"a"}', { customMetadata: { v: "1", "expires-at": "soon" } }],
      ['{"value":1,"id":"a"}', { customMetadata: { v: "1", "created-at": "9".repeat(16) } }],
    ] as const) {
      await BUCKET.put("damaged::default_collection::k", body, options);
      const error = await failureOf(store.get("k"));
      expect([body, error.code, error.store]).toEqual([body, "corrupted", "r2"]);
      expect((await failureOf(store.putIfAbsent("k", 1))).code).toBe("corrupted");
      expect(await lenient.get("k")).toBe(null);
      expect(await lenient.putIfAbsent("k", 1)).toBe(true);
      expect(await store.get("k")).toBe(1);
    }
  });

  it("types every failure, and names the keys that failed", async () => {
    const failing = (message: string, more: object = {}): R2Client => {
      const fail = () => Promise.reject(Object.assign(new Error(message), more));
      return { head: fail, get: fail, put: fail, delete: fail, list: fail };
    };
    for (const [code, message, more] of [
      ["unavailable", "get: We encountered an internal error. Please try again. (10001)"],
      ["unavailable", "put: Service unavailable (10043)"],
      ["rate_limited", "put: Reduce your concurrent request rate for the same object. (10058)"],
      ["unauthorized", "get: Access denied (10003)"],
      ["misconfigured", "list: The specified bucket does not exist. (10006)"],
      ["too_large", "put: Your metadata headers exceed the maximum allowed metadata size. (10012)"],
      ["too_large", "put: Your proposed upload exceeds the maximum allowed object size. (100100)"],
      ["read_only", "put: locked (10069)"],
      ["unavailable", "Network connection lost.", { retryable: true }],
      ["backend", "get: Unspecified error (0)"],
    ] as const) {
      const store = r2Store(failing(message, more), { keyPrefix: "failing" });
      for (const call of [
        () => store.get("k"),
        () => store.put("k", "secret value"),
        () => store.delete("k"),
        () => store.putIfAbsent("k", 1),
        () => store.listKeys(),
        () => store.listCollections(),
        () => store.destroy(),
      ]) {
        const error = await failureOf(call());
        expect([`${call}`, error.code, error.store]).toEqual([`${call}`, code, "r2"]);
      }
    }
    const some: R2Client = {
      ...counted([]),
      put: (key, value, options) =>
        key.endsWith("b") ? Promise.reject(new Error("put: no (10058)")) : BUCKET.put(key, value, options),
    };
    const store = r2Store(some, { keyPrefix: "some" });
    const error = await failureOf(
      store.putMany([
        ["a", 1],
        ["b", 1],
        ["c", 1],
      ]),
    );
    expect([error.code, error.failed]).toEqual(["rate_limited", ["b"]]);
    expect(await store.getMany(["a", "b", "c"])).toEqual([1, null, 1]);
  });

  it("refuses what is no bucket", () => {
    expect(() => r2Store(undefined as never)).toThrow(/bucket is undefined: is there an R2 binding/);
    expect(() => r2Store({} as never)).toThrow(TypeError);
    expect(() => r2Store(BUCKET, { keyPrefix: 5 as never })).toThrow(TypeError);
  });
});
