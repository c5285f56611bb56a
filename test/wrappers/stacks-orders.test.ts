/** What the order of two wrappers changes; that the rest holds in both is for the conformance suite. */
import { describe, expect, it } from "#test";
import {
  type AnyDriver,
  type AsyncKeyValue,
  type Capability,
  createStore,
  memoryStore,
  type Store,
  supports,
  toDriver,
} from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { clampTtl } from "../../src/wrappers/clamp-ttl.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { defaultValue } from "../../src/wrappers/default-value.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { log } from "../../src/wrappers/log.ts";
import { migrating } from "../../src/wrappers/migrating.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { readOnly } from "../../src/wrappers/read-only.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { route } from "../../src/wrappers/route.ts";
import { seed } from "../../src/wrappers/seed.ts";
import { singleCollection } from "../../src/wrappers/single-collection.ts";
import { statistics } from "../../src/wrappers/statistics.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { chaos } from "../support/chaos.ts";

const keys = [{ id: "a", key: new Uint8Array(32).fill(7) }];
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "done",
    (error) => error.code,
  );

const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };
const long = "the same line over and over\n".repeat(200);

describe("the order of wrappers", () => {
  it("limitSize over compress measures what the caller gives, under it what is stored", async () => {
    const plain = limitSize(compress(memoryStore()), { maxBytes: 1000 });
    const packed = compress(limitSize(memoryStore(), { maxBytes: 1000 }));
    expect([await code(plain.put("k", long)), await code(packed.put("k", long))]).toEqual(["too_large", "done"]);
    expect(await packed.get("k")).toBe(long);
  });

  it("refuses encryption around compress, whatever lies between, and says what to write", async () => {
    const fernetKeys = { keys: [new Uint8Array(32).fill(7)] };
    const between: Record<string, (store: Store<Capability>) => AsyncKeyValue> = {
      nothing: (store) => store,
      "prefixes, a timeout and a log": (store) =>
        prefixKeys(timeout(log(prefixCollections(store, "a"), { logger })), "b"),
      "one collection, retries and counters": (store) => singleCollection(statistics(retry(store)), "all"),
      "limits and a seed": (store) => limitSize(clampTtl(seed(store, {}), { max: 60 }), { maxBytes: 1000 }),
      "one of several routes": (store) => route({ pages: store }, memoryStore()),
      "a cache": (store) => cacheThrough(memoryStore(), store, { maxTtl: 60 }),
      "a fallback": (store) => fallback(memoryStore(), store),
      "a migration": (store) => migrating(store, memoryStore()),
    };
    for (const inside of Object.values(between)) {
      const packed = () => inside(compress(memoryStore()));
      expect(() => encrypt(packed(), { keys })).toThrow("write compress(encrypt(store, options)) instead");
      expect(() => encrypt(packed(), { keys })).toThrow(TypeError);
      expect(() => fernet(packed(), fernetKeys)).toThrow("write compress(fernet(store, options)) instead");
      expect(() => compress(packed())).toThrow("use compress once");
      const store = compress(inside(encrypt(memoryStore(), { keys })));
      await store.put("k", long);
      expect(await store.get("k")).toBe(long);
    }
    expect(() => compress(encrypt(compress(memoryStore()), { keys }))).toThrow(TypeError);
  });

  it("stores less where compress is outside of encryption, and lets encryptions lie around each other", async () => {
    const base = memoryStore();
    const other = [{ id: "b", key: new Uint8Array(32).fill(8) }];
    for (const store of [
      compress(encrypt(base, { keys })),
      compress(encrypt(encrypt(base, { keys }), { keys: other })),
    ]) {
      await store.put("k", long);
      expect(await store.get("k")).toBe(long);
      expect(JSON.stringify(await base.get("k")).length).toBeLessThan(1000);
    }
  });

  it("encrypt over cacheThrough keeps the cache encrypted, under it the cache is plain", async () => {
    const secret = "the secret of Alice";
    for (const outside of [true, false]) {
      const cache = memoryStore();
      const cached = { maxTtl: 60 };
      const store = outside
        ? encrypt(cacheThrough(memoryStore(), cache, cached), { keys })
        : cacheThrough(encrypt(memoryStore(), { keys }), cache, cached);
      await store.put("k", secret);
      expect(await store.get("k")).toBe(secret);
      const copy = JSON.stringify(await cache.get("k"));
      expect(copy.length).toBeGreaterThan(10);
      expect(copy.includes(secret)).toBe(!outside);
      expect(await store.get("k")).toBe(secret);
    }
  });

  it("prefixKeys over cacheThrough lets tenants share a cache; under it their copies have one name", async () => {
    const [primary, cache] = [memoryStore(), memoryStore()];
    const shared = cacheThrough(primary, cache, { maxTtl: 60 });
    const [a, b] = [prefixKeys(shared, "a"), prefixKeys(shared, "b")];
    await a.put("k", 1);
    await b.put("k", 2);
    for (let i = 0; i < 2; i++) expect([await a.get("k"), await b.get("k")]).toEqual([1, 2]);
    const under = cacheThrough(prefixKeys(primary, "a"), prefixKeys(cache, "a"), { maxTtl: 60 });
    expect([await under.get("k"), await under.get("k"), await b.get("k")]).toEqual([1, 1, 2]);
    await under.put("k", 3);
    expect([await under.get("k"), await a.get("k")]).toEqual([3, 3]);
  });

  it("singleCollection over route leaves one collection to route, under it each collection goes its way", async () => {
    const users = { collection: "users" };
    for (const outside of [true, false]) {
      const [own, rest] = [memoryStore(), memoryStore()];
      const store = outside
        ? singleCollection(route({ users: own }, rest), "all")
        : route({ users: singleCollection(own, "all") }, singleCollection(rest, "all"));
      await store.put("k", 1, users);
      await store.put("k", 2, { collection: "all" });
      expect([await store.get("k", users), await store.get("k", { collection: "all" })]).toEqual([1, 2]);
      const at = { collection: "all" };
      const held = [await Array.fromAsync(own.keys(at)), await Array.fromAsync(rest.keys(at))];
      expect(held).toEqual(outside ? [[], ["all::k", "users::k"]] : [["users::k"], ["all::k"]]);
    }
  });

  it("singleCollection over prefixCollections gives each tenant a collection, under it all tenants share one", async () => {
    const users = { collection: "users" };
    for (const outside of [true, false]) {
      const base = memoryStore();
      const of = (tenant: string) =>
        outside
          ? singleCollection(prefixCollections(base, tenant), "all")
          : prefixCollections(singleCollection(base, "all"), tenant);
      const [a, b] = [of("a"), of("b")];
      await a.put("k", 1, users);
      await b.put("k", 2, users);
      expect([await a.get("k", users), await b.get("k", users)]).toEqual([1, 2]);
      expect(await Array.fromAsync(a.keys(users))).toEqual(["k"]);
      expect(await Array.fromAsync(base.collections())).toEqual(outside ? ["a::all", "b::all"] : ["all"]);
      expect([a, b].some((store) => supports(store, "listCollections"))).toBe(false);
    }
  });

  it("retry over timeout gives each attempt its time, under it all together have one", async () => {
    const slow = () => chaos(toDriver(memoryStore()), { plan: ["hang", "hang"] });
    const each = slow();
    const patient = retry(timeout(createStore(each.driver), { seconds: 0.02 }), { minDelay: 0 });
    await patient.put("k", 1);
    expect(each.calls.length).toBe(3);
    const all = slow();
    const impatient = timeout(retry(createStore(all.driver), { minDelay: 0 }), { seconds: 0.02 });
    expect(await code(impatient.put("k", 1))).toBe("timeout");
    expect(all.calls.length).toBe(1);
    each.stop();
    all.stop();
  });

  it("readOnly keeps writers out wherever it lies, and a seed comes in only under it", async () => {
    const base = memoryStore();
    await base.put("k", 1);
    for (const store of [readOnly(prefixKeys(base, "")), prefixKeys(readOnly(base), "")]) {
      expect([await code(store.put("k", 2)), await code(store.delete("k"))]).toEqual(["read_only", "read_only"]);
      const lacks = ["swap", "cull", "destroy", "destroyCollection"] as const;
      expect(lacks.filter((capability) => supports(store, capability))).toEqual([]);
      expect(supports(store, "listKeys")).toBe(true);
    }
    for (const store of [
      readOnly(cacheThrough(base, memoryStore(), { maxTtl: 60 })),
      readOnly(encrypt(base, { keys })),
    ])
      expect(await code(store.put("k", 2))).toBe("read_only");
    const filled = cacheThrough(readOnly(base), memoryStore(), { maxTtl: 60 });
    expect([await filled.get("k"), await filled.get("k"), await code(filled.put("k", 2))]).toEqual([1, 1, "read_only"]);
    const seeds = { seeds: { s: 5 } };
    expect(await readOnly(seed(memoryStore(), seeds)).get("s", { collection: "seeds" })).toBe(5);
    expect(await code(seed(readOnly(memoryStore()), seeds).get("s", { collection: "seeds" }))).toBe("read_only");
  });

  it("seed over encrypt is stored encrypted; under it what it puts is refused as plain", async () => {
    const seeds = { seeds: { s: "visible" } };
    const at = { collection: "seeds" };
    const base = memoryStore();
    const above = seed(encrypt(base, { keys }), seeds);
    expect(await above.get("s", at)).toBe("visible");
    expect(JSON.stringify(await base.get("s", at)).includes("visible")).toBe(false);
    expect(await code(encrypt(seed(memoryStore(), seeds), { keys }).get("s", at))).toBe("not_encrypted");
  });

  it("clampTtl over cacheThrough bounds the entry, around the cache alone only the copy", async () => {
    const base = memoryStore();
    await clampTtl(cacheThrough(base, memoryStore(), { maxTtl: 60 }), { missing: 100 }).put("k", 1);
    expect((await base.ttl("k"))?.ttl !== null).toBe(true);
    const cache = memoryStore();
    const around = cacheThrough(base, clampTtl(cache, { max: 5 }), { maxTtl: 60 });
    await around.put("k", 1);
    expect([await around.get("k"), (await around.ttl("k"))?.ttl]).toEqual([1, null]);
    const left = (await cache.ttl("k"))?.ttl as number;
    expect(left > 0 && left <= 5).toBe(true);
  });

  it("defaultValue under cacheThrough is cached, over it it is not", async () => {
    const entries = async (make: (cache: ReturnType<typeof memoryStore>) => { get(key: string): Promise<unknown> }) => {
      const cache = memoryStore();
      const store = make(cache);
      expect([await store.get("k"), await store.get("k")]).toEqual(["none", "none"]);
      const held = await cache.get<object>("k");
      return held !== null && "__copy__" in held;
    };
    const maxTtl = 60;
    expect(await entries((cache) => cacheThrough(defaultValue(memoryStore(), "none"), cache, { maxTtl }))).toBe(true);
    expect(await entries((cache) => defaultValue(cacheThrough(memoryStore(), cache, { maxTtl }), "none"))).toBe(false);
  });

  it("statistics over retry count what the caller asked for, under it what was sent", async () => {
    const failing = () => createStore(chaos(toDriver(memoryStore()) as AnyDriver, { plan: ["fail", "fail"] }).driver);
    const once = { minDelay: 0 };
    const over = statistics(retry(failing(), once));
    const inner = statistics(failing());
    const under = retry(inner, once);
    await over.get("k");
    await under.get("k");
    const counted = (store: typeof over) => JSON.stringify(store.snapshot());
    expect(counted(over).includes('"errors":0')).toBe(true);
    expect(counted(inner).includes('"errors":2')).toBe(true);
  });
});
