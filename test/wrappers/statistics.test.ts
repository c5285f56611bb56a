import { describe, expect, it } from "#test";
import { intercept, wrap } from "../../src/combinators/index.ts";
import { newTally } from "../../src/combinators/tally.ts";
import { type AnyDriver, createStore, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { statistics } from "../../src/wrappers/statistics.ts";

/** A store whose calls seem to take the given milliseconds, one after the other. */
function taking(durations: number[]) {
  const now = Date.now;
  let offset = 0;
  const store = wrap(memoryStore(), (driver) =>
    intercept(driver, (_, proceed) => {
      offset += durations.shift() ?? 0;
      return proceed();
    }),
  );
  const start = now();
  Date.now = () => start + offset;
  return { store, restore: () => (Date.now = now) };
}

describe("statistics", () => {
  it("counts calls, hits and misses by collection and operation", async () => {
    const store = statistics(memoryStore());
    const users = { collection: "users" };
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      users,
    );
    await store.put("a", 1, users);
    await store.getMany(["a", "b", "c"], users);
    await store.get("x", users);
    await store.ttl("a", users);
    await store.deleteMany(["a", "x"], users);
    await store.putIfAbsent("b", 1, users);
    await store.get("a");
    await store.listKeys(users);
    await store.cull();
    const { collections, other } = store.snapshot();
    expect(Object.keys(collections)).toEqual(["users", "default_collection"]);
    expect(collections.users?.write).toMatchObject({ calls: 2, errors: 0, hits: 0, misses: 0 });
    expect(collections.users?.read).toMatchObject({ calls: 3, errors: 0, hits: 3, misses: 2 });
    expect(collections.users?.remove).toMatchObject({ calls: 1, hits: 1, misses: 1 });
    expect(collections.users?.swap).toMatchObject({ calls: 1, hits: 0, misses: 1 });
    expect(collections.users?.listKeys).toMatchObject({ calls: 1 });
    expect(collections.default_collection?.read).toMatchObject({ calls: 1, hits: 0, misses: 1 });
    expect(other.cull).toMatchObject({ calls: 1 });
  });

  it("counts what has expired as a miss", async () => {
    const base = memoryStore();
    const store = statistics(base);
    await base.put("a", 1, { ttl: 0.001 });
    await new Promise((done) => setTimeout(done, 5));
    await store.get("a");
    expect(store.snapshot().collections.default_collection?.read).toMatchObject({ hits: 0, misses: 1 });
  });

  it("counts failures, and passes them on", async () => {
    const failure = new KeyValueError("unavailable", "no network");
    const driver = { ...(toDriver(memoryStore()) as AnyDriver), read: () => Promise.reject(failure) };
    const store = statistics(createStore(driver));
    expect(await store.get("a").catch((error) => error)).toBe(failure);
    expect(store.snapshot().collections.default_collection?.read).toMatchObject({
      calls: 1,
      errors: 1,
      hits: 0,
      misses: 0,
    });
  });

  it("gives percentiles of how long calls took", async () => {
    const durations = Array.from({ length: 100 }, (_, i) => i + 1);
    const { store, restore } = taking([...durations]);
    try {
      const counted = statistics(store);
      for (const _ of durations) await counted.get("a");
      const latency = counted.snapshot().collections.default_collection?.read?.latencyMs;
      for (const [percentile, exact] of [
        [latency?.p50, 50],
        [latency?.p90, 90],
        [latency?.p99, 99],
      ] as const) {
        expect(percentile).toBeGreaterThanOrEqual(exact);
        expect(percentile).toBeLessThanOrEqual(exact * 1.2);
      }
    } finally {
      restore();
    }
  });

  it("tells no more durations apart the more there are, so that memory stays bounded", () => {
    const tally = newTally();
    const medians = new Set<number>();
    for (let durationMs = 1; durationMs <= 2000; durationMs++) {
      tally.add({ durationMs });
      medians.add(tally.summary().latencyMs.p50);
    }
    // Eleven doublings with four steps each.
    expect(medians.size).toBeLessThanOrEqual(45);
    expect(medians.size).toBeGreaterThan(20);
  });

  it("gives exact percentiles where all calls took equally long, and zero where they took no time", async () => {
    const { store, restore } = taking([7, 7, 7]);
    try {
      const counted = statistics(store);
      for (let i = 0; i < 3; i++) await counted.get("a");
      await counted.put("a", 1);
      const { read, write } = counted.snapshot().collections.default_collection ?? {};
      expect(read?.latencyMs).toEqual({ p50: 7, p90: 7, p99: 7 });
      expect(write?.latencyMs).toEqual({ p50: 0, p90: 0, p99: 0 });
    } finally {
      restore();
    }
  });

  it("takes a duration of a day and a clock that goes backwards", async () => {
    const { store, restore } = taking([86_400_000, -86_400_000]);
    try {
      const counted = statistics(store);
      await counted.get("a");
      await counted.put("a", 1);
      const { read, write } = counted.snapshot().collections.default_collection ?? {};
      expect(read?.latencyMs.p99).toBeGreaterThan(1_000_000);
      expect(write?.latencyMs.p99).toBe(0);
    } finally {
      restore();
    }
  });

  it("counts collections beyond the maximum together", async () => {
    const store = statistics(memoryStore(), { maxCollections: 2 });
    for (let i = 0; i < 1000; i++) await store.get("a", { collection: `tenant ${i}` });
    await store.get("a", { collection: "tenant 1" });
    const { collections, other } = store.snapshot();
    expect(Object.keys(collections)).toEqual(["tenant 0", "tenant 1"]);
    expect(collections["tenant 1"]?.read?.calls).toBe(2);
    expect(other.read?.calls).toBe(998);
  });

  it("starts anew after a reset, and leaves entries and snapshots alone", async () => {
    const store = statistics(memoryStore());
    await store.put("a", 1);
    const before = store.snapshot();
    store.reset();
    expect(store.snapshot()).toEqual({ collections: {}, other: {} });
    expect(before.collections.default_collection?.write?.calls).toBe(1);
    expect(await store.get("a")).toBe(1);
    expect(Object.keys(store.snapshot().collections.default_collection ?? {})).toEqual(["read"]);
  });

  it("gives plain data, whatever collections are called", async () => {
    const store = statistics(memoryStore());
    await store.put("a", 1, { collection: "__proto__" });
    const { collections } = JSON.parse(JSON.stringify(store.snapshot()));
    expect(Object.keys(collections)).toEqual(["__proto__"]);
    expect(Object.getOwnPropertyDescriptor(collections, "__proto__")?.value.write.calls).toBe(1);
  });

  it("stays a store that other wrappers know, and counts what goes through them", async () => {
    const counted = statistics(memoryStore());
    const above = wrap(counted, (driver) => driver);
    expect(await above.increment("n")).toBe(1);
    expect(counted.snapshot().collections.default_collection).toMatchObject({ increment: { calls: 1, errors: 0 } });
  });

  it("refuses a maximum that is no whole number", () => {
    expect(() => statistics(memoryStore(), { maxCollections: -1 })).toThrow(TypeError);
  });
});
