/** What wrappers do with atomic operations that a backend runs in one call, and with the reads and swaps that replace them. */

import { z } from "zod";
import { describe, expect, it } from "#test";
import {
  type AsyncKeyValue,
  type Capability,
  createStore,
  memoryStore,
  type Store,
  toDriver,
} from "../../src/index.ts";
import { typed } from "../../src/views/typed.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { clampTtl } from "../../src/wrappers/clamp-ttl.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { defaultValue } from "../../src/wrappers/default-value.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { instrument } from "../../src/wrappers/instrument.ts";
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
import { memoryDriverCalls } from "../support/driver-calls.ts";

type Atomic = Store<"swap">;

const key = new Uint8Array(32).fill(7);
const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => value,
    (error) => error.code,
  );

/** Wrappers that leave values alone: an operation stays one call. */
const passingOn: Record<string, (store: Store<Capability>) => Atomic> = {
  prefixKeys: (store) => prefixKeys(store, "a"),
  prefixCollections: (store) => prefixCollections(store, "a"),
  singleCollection: (store) => singleCollection(store, "all"),
  route: (store) => route({ elsewhere: memoryStore() }, store),
  log: (store) => log(store, { logger }),
  statistics: (store) => statistics(store),
  instrument: (store) => instrument(store, { onOperation: (_, run) => run() }),
  retry: (store) => retry(store),
  timeout: (store) => timeout(store),
  seed: (store) => seed(store, {}),
  fallback: (store) => fallback(store, memoryStore()),
  cacheThrough: (store) => cacheThrough(store, memoryStore(), { maxTtl: 60 }),
};

/** Wrappers that have to see values: an operation becomes a read and a swap. */
const seeing: Record<string, (store: Store<Capability>) => Atomic> = {
  compress: (store) => compress(store, { minBytes: 0 }),
  encrypt: (store) => encrypt(store, { keys: [{ id: "a", key }] }),
  fernet: (store) => fernet(store, { keys: [key] }),
  limitSize: (store) => limitSize(store, { maxBytes: 1000 }),
  clampTtl: (store) => clampTtl(store, { min: 1 }),
};

describe("atomic operations", () => {
  for (const [name, wrapper] of Object.entries(passingOn)) {
    it(`are one call through ${name}`, async () => {
      const { store, calls } = memoryDriverCalls();
      const wrapped = wrapper(store);
      expect(await wrapped.increment("n", 5)).toBe(5);
      expect(await wrapped.touch("n", 60)).toBe(true);
      expect(await wrapped.take("n")).toBe(5);
      expect(await wrapped.take("n")).toBe(null);
      expect(calls).toEqual(["increment", "touch", "take", "take"]);
    });
  }

  for (const [name, wrapper] of Object.entries(seeing)) {
    it(`are a read and a swap through ${name}`, async () => {
      const { store, calls } = memoryDriverCalls();
      const wrapped = wrapper(store);
      expect(await wrapped.increment("n", 5)).toBe(5);
      expect(await wrapped.touch("n", 60)).toBe(true);
      const left = (await wrapped.ttl("n"))?.ttl;
      expect(left! > 50 && left! <= 60).toBe(true);
      calls.length = 0;
      expect(await wrapped.take("n")).toBe(5);
      expect(calls).toEqual(["read", "swap"]);
      expect(await store.get("n")).toBe(null);
    });
  }

  for (const [name, wrapper] of Object.entries({ ...passingOn, ...seeing })) {
    it(`take part in versions through ${name}`, async () => {
      const wrapped = wrapper(memoryStore());
      const first = await wrapped.putIfVersion("v", { a: 1 }, null);
      expect(await wrapped.putIfVersion("v", 0, null)).toBe(null);
      expect(await wrapped.getWithVersion("v")).toEqual({ value: { a: 1 }, ttl: null, version: first });
      await wrapped.touch("v", 60);
      const touched = (await wrapped.getWithVersion("v"))?.version;
      expect(touched).not.toBe(first);
      expect([await wrapped.putIfVersion("v", 2, first!), await wrapped.deleteIfVersion("v", first!)]).toEqual([
        null,
        false,
      ]);
      const second = await wrapped.putIfVersion("v", { a: 2 }, touched!);
      expect(await wrapped.deleteIfVersion("v", second!)).toBe(true);
      expect([await wrapped.get("v"), await wrapped.getWithVersion("v")]).toEqual([null, null]);
    });
  }

  it("never destroy what cannot be decoded", async () => {
    const other = new Uint8Array(32).fill(8);
    const damaged = { __compressed_data__: "H4sIAAAA", __compression_algorithm__: "gzip", __compression_version__: 1 };
    for (const [plant, wrapper, code] of [
      [(store: Atomic) => store.put("k", damaged), (store: Atomic) => compress(store), "corrupted"],
      [
        (store: Atomic) => encrypt(store, { keys: [{ id: "a", key: other }] }).put("k", 1),
        (store: Atomic) => encrypt(store, { keys: [{ id: "a", key }] }),
        "wrong_key",
      ],
      [
        (store: Atomic) => fernet(store, { keys: [other] }).put("k", 1),
        (store: Atomic) => fernet(store, { keys: [key] }),
        "tampered",
      ],
      [
        (store: Atomic) => store.put("k", "plain"),
        (store: Atomic) => encrypt(store, { keys: [{ id: "a", key }] }),
        "not_encrypted",
      ],
    ] as const) {
      const base = memoryStore();
      await plant(base);
      const before = await base.getWithVersion("k");
      const store: Atomic = wrapper(base);
      for (const call of [
        () => store.take("k"),
        () => store.touch("k", 60),
        () => store.increment("k"),
        () => store.update("k", () => 1),
        () => store.putIfAbsent("k", 1),
        () => store.putIfVersion("k", 1, null),
        () => store.getWithVersion("k"),
      ]) {
        expect(await codeOf(call())).toBe(code);
      }
      expect(await base.getWithVersion("k")).toEqual(before);
    }
  });

  it("replace what counts as missing, by one of several callers", async () => {
    const base = memoryStore();
    await encrypt(base, { keys: [{ id: "a", key: new Uint8Array(32).fill(8) }] }).put("k", 1);
    const store = encrypt(base, { keys: [{ id: "a", key }], onFailure: "miss" });
    expect([await store.take("k"), await store.touch("k", 60), await store.getWithVersion("k")]).toEqual([
      null,
      false,
      null,
    ]);
    const puts = await Promise.all([1, 2, 3].map((value) => store.putIfAbsent("k", value)));
    expect(puts.filter(Boolean).length).toBe(1);
    expect(await store.putIfVersion("k", 4, null)).toBe(null);
  });

  it("respect limits of size, which the backend knows nothing of", async () => {
    const store = limitSize(memoryStore(), { maxBytes: 3 });
    await store.put("n", 999);
    expect(await codeOf(store.increment("n"))).toBe("too_large");
    expect(await codeOf(store.putIfAbsent("x", 1234))).toBe("too_large");
    expect(await codeOf(store.putIfVersion("x", 1234, null))).toBe("too_large");
    expect([await store.get("n"), await store.get("x")]).toEqual([999, null]);
  });

  it("respect bounds of TTLs", async () => {
    const store = clampTtl(memoryStore(), { max: 100, missing: 50 });
    const left = async (name: string) => Math.round((await store.ttl(name))!.ttl!);
    await store.increment("new", 1, { ttl: 1000 });
    await store.increment("none");
    await store.put("k", 1, { ttl: 20 });
    await store.increment("k");
    expect([await left("new"), await left("none"), await left("k")]).toEqual([100, 50, 20]);
    await store.touch("k", 1000);
    await store.touch("none", null);
    await store.putIfVersion("v", 1, null, { ttl: 1e6 });
    expect([await left("k"), await left("none"), await left("v")]).toEqual([100, 50, 100]);
  });

  it("respect the schema of a view", async () => {
    const base = memoryStore();
    const counters = typed(base, z.number().max(10));
    expect(await counters.increment("n", 9)).toBe(9);
    expect(await codeOf(counters.increment("n", 2))).toBe("invalid_value");
    expect(await codeOf(counters.putIfVersion("x", 11, null))).toBe("invalid_value");
    expect(await codeOf(counters.update("n", () => 12))).toBe("invalid_value");
    expect([await base.get("n"), await base.get("x")]).toEqual([9, null]);
    const version = await counters.putIfVersion("x", 3, null);
    expect(await counters.getWithVersion("x")).toEqual({ value: 3, ttl: null, version });
    const doubled = typed(
      base,
      z.number().transform((value) => value * 2),
    );
    expect((await doubled.getWithVersion("x"))?.value).toBe(6);
    expect([await doubled.touch("x", 60), await doubled.deleteIfVersion("x", version!)]).toEqual([true, false]);
    await base.put("x", "no number");
    expect(await codeOf(counters.getWithVersion("x"))).toBe("invalid_value");
    expect(await codeOf(counters.take("x"))).toBe("invalid_value");
    const lenient = typed(base, z.number(), { onInvalid: "miss" });
    expect([await lenient.getWithVersion("x"), await lenient.take("x")]).toEqual([null, null]);
    expect(await base.get("x")).toBe("no number");
    expect(typeof (await lenient.putIfVersion("x", 1, null))).toBe("string");
  });

  it("are gone where they would go past a wrapper", () => {
    const base = memoryStore();
    for (const store of [readOnly(base), defaultValue(base, 1)] as AsyncKeyValue[]) {
      const { swap, apply, operations } = toDriver(store) as Partial<ReturnType<typeof toDriver<typeof base>>>;
      expect([swap, apply, operations]).toEqual([undefined, undefined, undefined]);
    }
    for (const store of [
      limitSize(base, {}),
      encrypt(base, { keys: [{ id: "a", key }] }),
      migrating(base, memoryStore()),
    ]) {
      expect(toDriver(store).apply).toBe(undefined);
    }
  });

  it("remove copies from caches, wait for seeds, and stay with the primary", async () => {
    const primary = memoryStore();
    const cached = cacheThrough(primary, memoryStore(), { maxTtl: 60 });
    await cached.increment("n");
    for (const expected of [2, 3]) {
      await cached.get("n");
      expect([await cached.increment("n"), await cached.get("n")]).toEqual([expected, expected]);
    }
    await cached.get("n");
    await cached.touch("n", 60);
    expect((await cached.ttl("n"))?.ttl).toBeGreaterThan(50);
    expect([await cached.take("n"), await cached.get("n")]).toEqual([3, null]);

    expect(await seed(memoryStore(), { default_collection: { n: 41 } }).increment("n")).toBe(42);

    const secondary = memoryStore();
    const broken = createStore({ ...toDriver(memoryStore()), apply: () => Promise.reject(new Error("down")) });
    const store = fallback(broken, secondary, { writes: true });
    await expect(store.increment("n")).rejects.toThrow("down");
    expect(await secondary.get("n")).toBe(null);
  });

  it("are not sent again after a lost reply, also where a swap may be", async () => {
    const lossyReply = (repeatableSwap: true | undefined) => {
      const driver = toDriver(memoryStore());
      let lost = 1;
      return createStore({
        ...driver,
        repeatableSwap,
        async apply(...call) {
          const result = await driver.apply!(...call);
          if (lost-- > 0) throw Object.assign(new Error("lost"), { code: "unavailable" });
          return result;
        },
      } as typeof driver);
    };
    const when = () => true;
    for (const repeatable of [undefined, true] as const) {
      const store = retry(lossyReply(repeatable), { minDelay: 0, when });
      await expect(store.increment("n")).rejects.toThrow("lost");
      expect(await store.get("n")).toBe(1);
    }
  });

  it("show as one operation in statistics, logs and traces", async () => {
    const lines: string[] = [];
    const write = (line: string) => lines.push(JSON.parse(line).operation);
    const seen: string[] = [];
    const counted = statistics(memoryStore());
    const store = log(
      instrument(counted, {
        onOperation: ({ operation }, run) => {
          seen.push(operation);
          return run();
        },
      }),
      { logger: { debug: write, info: write, warn: write, error: write }, structured: true },
    );
    await store.increment("n");
    await store.take("n");
    await store.take("n");
    expect(seen).toEqual(["increment", "take", "take"]);
    expect(lines).toEqual(["increment", "increment", "take", "take", "take", "take"]);
    const { take, increment, read, swap } = counted.snapshot().collections.default_collection!;
    expect([increment?.calls, take?.hits, take?.misses, read, swap]).toEqual([1, 1, 1, undefined, undefined]);
  });
});

describe("a store that may drop live entries", () => {
  it("says so through every wrapper", () => {
    const lossy = (store: AsyncKeyValue) => toDriver(store).lossy === true;
    const small = memoryStore({ maxEntries: 10 });
    for (const wrapper of Object.values({ ...passingOn, ...seeing })) {
      expect([lossy(wrapper(small)), lossy(wrapper(memoryStore()))]).toEqual([true, false]);
    }
    expect(lossy(route({ small }, memoryStore()))).toBe(true);
    expect(lossy(migrating(memoryStore(), small))).toBe(true);
    expect(lossy(cacheThrough(memoryStore(), small, { maxTtl: 60 }))).toBe(false);
    expect(lossy(fallback(memoryStore(), small))).toBe(false);
    expect(lossy(fallback(memoryStore(), small, { writes: true }))).toBe(true);
    expect([lossy(clampTtl(memoryStore(), { max: 60 })), lossy(clampTtl(memoryStore(), { missing: 60 }))]).toEqual([
      true,
      true,
    ]);
  });
});
