import { describe, expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { wrap } from "../../src/combinators/index.ts";
import { createStore, type Entry, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { copy } from "../../src/migrate.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { defaultValue } from "../../src/wrappers/default-value.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { migrating } from "../../src/wrappers/migrating.ts";
import { chaos } from "../support/chaos.ts";
import { forgetful, migrate, stale } from "../support/migration.ts";
import { describeWithRedis, openDatabase } from "../support/upstash.ts";

const { now } = Date;

/** Runs `body` at another time. */
async function later<T>(seconds: number, body: () => Promise<T>): Promise<T> {
  Date.now = () => now() + seconds * 1000;
  try {
    return await body();
  } finally {
    Date.now = now;
  }
}

describe("migrating", () => {
  for (const write of ["both", "to"] as const) {
    for (const seed of [1, 2, 3]) {
      it(`loses nothing and brings nothing back, writing to ${write}, seed ${seed}`, async () => {
        let passed = 0;
        Date.now = () => now() + passed;
        try {
          const outlive = async () => {
            passed = 4000_000;
          };
          await migrate({ from: memoryStore(), to: forgetful(), seed, keys: 30, operations: 60, outlive, write });
        } finally {
          Date.now = now;
        }
      });
    }
  }

  it("reads from the old store, and has the entry in the new one from then on", async () => {
    const [from, to] = [memoryStore(), forgetful()];
    await from.put("a", 1, { ttl: 9000 });
    const store = migrating(from, to);
    expect(await store.getMany(["a", "a", "b"])).toEqual([1, 1, null]);
    const [moved] = await toDriver(to).read("default_collection", ["a"]);
    const [old] = await toDriver(from).read("default_collection", ["a"]);
    expect([moved?.value, moved?.createdAt, moved?.expiresAt]).toEqual([1, old?.createdAt, old?.expiresAt]);
  });

  it("moves nothing on reads when told so, but what an atomic operation changes", async () => {
    const [from, to] = [memoryStore(), forgetful()];
    await from.putMany([
      ["a", 1],
      ["b", 2],
    ]);
    const store = migrating(from, to, { backfill: false });
    expect(await store.getMany(["a", "b"])).toEqual([1, 2]);
    expect(await to.getMany(["a", "b"])).toEqual([null, null]);
    expect(await store.increment("b")).toBe(3);
    expect(await to.getMany(["a", "b"])).toEqual([null, 3]);
  });

  it("writes to both stores, or takes the entry from the old one", async () => {
    const [from, to] = [memoryStore(), forgetful()];
    const both = migrating(from, to);
    const change = async (store: typeof both) => {
      await store.putMany(Object.entries({ put: 1, taken: 1, deleted: 1, counted: 1, updated: 1 }));
      await store.take("taken");
      await store.delete("deleted");
      await store.increment("counted");
      await store.update("updated", () => 2);
      await store.putIfAbsent("absent", 1);
    };
    const keys = ["put", "taken", "deleted", "counted", "updated", "absent"];
    await change(both);
    for (const store of [from, both]) expect(await store.getMany(keys)).toEqual([1, null, null, 2, 2, 1]);
    for (const store of [from, to]) await store.deleteMany(keys);
    const only = migrating(from, to, { write: "to" });
    await change(only);
    expect(await only.getMany(keys)).toEqual([1, null, null, 2, 2, 1]);
    expect(await from.getMany(keys)).toEqual([null, null, null, null, null, null]);
  });

  it("keeps a removed entry away, though the old store still shows it", async () => {
    const from = memoryStore();
    const to = forgetful();
    await from.putMany([
      ["deleted", 1],
      ["taken", 1],
      ["updated", 1],
    ]);
    const elsewhere = migrating(stale(from, 60_000), to, { backfill: false });
    expect(await elsewhere.getMany(["deleted", "taken", "updated"])).toEqual([1, 1, 1]);
    const here = migrating(from, to);
    expect([await here.delete("deleted"), await here.delete("deleted")]).toEqual([true, false]);
    expect(await here.take("taken")).toBe(1);
    expect(await here.update("updated", () => null)).toBe(null);
    expect(await elsewhere.getMany(["deleted", "taken", "updated"])).toEqual([null, null, null]);
    expect(await elsewhere.putIfAbsent("deleted", 2)).toBe(true);
    expect(await here.get("deleted")).toBe(2);
  });

  it("does not let an entry back that a shorter-lived one has replaced", async () => {
    const from = memoryStore();
    const to = forgetful();
    await from.put("a", "old");
    const elsewhere = migrating(stale(from, 600_000), to, { backfill: false });
    await elsewhere.get("a");
    await migrating(from, to).put("a", "new", { ttl: 5 });
    expect(await elsewhere.get("a")).toBe("new");
    await later(6, async () => {
      expect(await elsewhere.get("a")).toBe(null);
      expect(await copy(stale(from, 1), to)).toEqual(expect.objectContaining({ copied: 0 }));
    });
  });

  it("tells exactly one of several callers at once that it removed the entry, wherever that was", async () => {
    for (let seed = 0; seed < 10; seed++) {
      for (const where of ["old", "new", "both"]) {
        const [from, to] = [memoryStore(), memoryStore()];
        const late = (store: typeof from, i: number) =>
          createStore(chaos(toDriver(store), { seed: seed * 10 + i, late: 0.5, delay: 2 }).driver);
        const stores = [0, 1, 2].map((i) => migrating(late(from, i), late(to, i + 5)));
        if (where !== "new") await from.put("k", 1);
        if (where !== "old") await to.put("k", 1);
        const [a, b, c] = stores as [(typeof stores)[0], (typeof stores)[0], (typeof stores)[0]];
        const removed = await Promise.all([a.delete("k"), b.deleteMany(["k", "none"]), c.delete("k"), a.get("k")]);
        expect([seed, where, removed.slice(0, 3).filter(Boolean).length]).toEqual([seed, where, 1]);
        expect([await a.get("k"), await from.get("k"), await b.delete("k")]).toEqual([null, null, false]);

        await from.put("t", 1);
        const [taken, deleted] = await Promise.all([a.take("t"), b.delete("t")]);
        expect([seed, taken === null, deleted]).toEqual([seed, deleted, deleted]);
      }
    }
  });

  it("removes an entry that somebody writes at the same time, or leaves it, and says which", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const [from, to] = [memoryStore(), memoryStore()];
      const late = (store: typeof from, i: number) =>
        createStore(chaos(toDriver(store), { seed: seed * 10 + i, late: 0.5, delay: 2 }).driver);
      const [a, b] = [migrating(late(from, 0), late(to, 1)), migrating(late(from, 2), late(to, 3))];
      const [removed] = await Promise.all([a.delete("k"), b.put("k", 1)]);
      expect([seed, await b.get("k")]).toEqual([seed, removed ? null : 1]);
      expect([seed, await from.get("k")]).toEqual([seed, removed ? null : 1]);
    }
  });

  it("answers with what came first when an entry is written while it moves", async () => {
    const from = memoryStore();
    const to = forgetful();
    const old: Entry = { value: "old" };
    for (const [key, newer] of [
      ["put", "newer"],
      ["deleted", null],
    ] as const) {
      await toDriver(from).write("c", [[key, old]]);
      const writer = migrating(from, to);
      // What this place has read of the old store when the writer comes.
      const slow = wrap(from, (driver) => ({
        ...driver,
        async read(collection, keys, how) {
          const entries = await driver.read(collection, keys, how);
          if (newer === null) await writer.delete(key, { collection });
          else await writer.put(key, newer, { collection });
          return entries;
        },
      }));
      expect(await migrating(slow, to).get(key, { collection: "c" })).toBe(newer);
      expect(await writer.get(key, { collection: "c" })).toBe(newer);
    }
  });

  it("leaves both stores alike when writers reach them in different orders", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const from = memoryStore();
      const to = forgetful();
      let late = seed;
      const mixed = wrap(from, (driver) => ({
        ...driver,
        async write(collection, items) {
          await new Promise((resolve) => setTimeout(resolve, (late = (late * 7 + 3) % 11)));
          return driver.write(collection, items);
        },
      }));
      const stores = [1, 2, 3].map(() => migrating(mixed, to));
      await Promise.all(
        Array.from({ length: 12 }, async (_, i) => {
          const store = stores[i % 3]!;
          if (i % 4 === seed % 4) await store.delete("k");
          else await store.put("k", i, i % 2 ? { ttl: 7000 } : {});
        }),
      );
      const left = await stores[0]!.get("k");
      expect([seed, await from.get("k")]).toEqual([seed, left]);
      await later(3601, async () => expect([seed, await stores[0]!.get("k")]).toEqual([seed, left]));
    }
  });

  it("ends a write to a busy key though others write the same key on and on", async () => {
    const [from, to] = [memoryStore(), forgetful()];
    const other = migrating(from, to);
    let others = 0;
    const busy = wrap(to, (driver) => ({
      ...driver,
      async read(collection, keys, how) {
        // Whenever the first writer looks, another one has been quicker.
        if (others < 100) await other.put("k", ++others, { ttl: 7000 });
        return driver.read(collection, keys, how);
      },
    }));
    await migrating(from, busy).put("k", "mine");
    expect(others).toBeLessThan(5);
    expect([await from.get("k"), await to.get("k")]).toEqual([others, others]);
  });

  it("serves what does not fit into the new store from the old one, and says so when it must move", async () => {
    const from = memoryStore();
    await from.put("a", 1);
    const small = wrap(memoryStore(), (driver) => ({
      ...driver,
      swap: (collection, key) => {
        throw new KeyValueError("too_large", "no", { collection, key });
      },
    }));
    const store = migrating(from, small);
    expect(await store.get("a")).toBe(1);
    await expect(store.increment("a")).rejects.toThrow("no");
  });

  it("moves only what the old store itself holds, not what a cache or a default shows in its place", async () => {
    const from = memoryStore();
    const caching = cacheThrough(from, memoryStore(), { maxTtl: 60 });
    await from.put("a", "old");
    await caching.get("a");
    await from.put("a", "new");
    const to = forgetful();
    const store = migrating(defaultValue(caching, "default"), to);
    expect(await store.getMany(["a", "b"])).toEqual(["new", null]);
    expect(await to.getMany(["a", "b"])).toEqual(["new", null]);
  });

  it("returns what the fallback of the old store has while that fails, and moves nothing", async () => {
    const [from, secondary, to] = [memoryStore(), memoryStore(), forgetful()];
    await from.put("a", "truth");
    await secondary.put("a", "copy");
    let down = true;
    const failing = wrap(from, (driver) => ({
      ...driver,
      async read(...args) {
        if (down) throw new KeyValueError("unavailable", "down");
        return await driver.read(...args);
      },
    }));
    const store = migrating(fallback(failing, secondary), to);
    expect([await store.get("a"), await to.get("a")]).toEqual(["copy", null]);
    await expect(store.update("a", (value) => value)).rejects.toThrow("down");
    down = false;
    expect([await store.get("a"), await to.get("a")]).toEqual(["truth", "truth"]);
  });

  it("reads on from the old store while the new one refuses writes, and moves ten entries at once", async () => {
    const from = memoryStore();
    const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
    await from.putMany(keys.map((key) => [key, key]));
    let full = true;
    let [swaps, most] = [0, 0];
    const to = wrap(forgetful(), (driver) => ({
      ...driver,
      async swap(...args) {
        if (full) throw new KeyValueError("unavailable", "no");
        most = Math.max(most, ++swaps);
        await new Promise((resolve) => setTimeout(resolve, 1));
        swaps--;
        return await driver.swap!(...args);
      },
    }));
    const store = migrating(from, to);
    expect(await store.getMany(keys)).toEqual(keys);
    await expect(store.increment("n")).rejects.toThrow("no");
    full = false;
    expect(await store.getMany(keys)).toEqual(keys);
    expect([await to.getMany(keys), most]).toEqual([keys, 10]);
  });

  it("lets the old store follow what has happened of a bulk that failed", async () => {
    const from = memoryStore();
    await from.putMany([
      ["a", "old"],
      ["b", "old"],
    ]);
    const half = wrap(memoryStore(), (driver) => ({
      ...driver,
      async write(collection, items) {
        await driver.write(collection, items.slice(0, 1));
        throw new KeyValueError("unavailable", "no", { failed: ["b"] });
      },
    }));
    for (const write of ["both", "to"] as const) {
      const put = migrating(from, half, { write }).putMany([
        ["a", write],
        ["b", write],
      ]);
      await expect(put).rejects.toThrow("no");
      expect(await from.getMany(["a", "b"])).toEqual([write === "both" ? "both" : null, "old"]);
    }
  });

  it("leaves no trace in the new store but entries once the tombstones are over", async () => {
    const [from, to] = [memoryStore(), forgetful()];
    const store = migrating(from, to, { tombstoneTtl: 60 });
    await store.put("short", 1, { ttl: 5 });
    await store.put("long", 1);
    await store.delete("gone");
    expect((await toDriver(to).listKeys("default_collection", {})).names).toEqual(["gone", "long", "short"]);
    await later(61, async () => {
      expect((await toDriver(to).listKeys("default_collection", {})).names).toEqual(["long"]);
    });
    const last = migrating(from, to, { tombstoneTtl: 0 });
    expect(await last.getMany(["short", "long", "gone"])).toEqual([1, 1, null]);
    await last.put("short", 2, { ttl: 5 });
    expect(await to.ttl("short")).toEqual({ value: 2, ttl: expect.any(Number) });
    await last.delete("long");
    expect((await toDriver(to).listKeys("default_collection", {})).names).not.toContain("long");
  });

  it("writes to the old store the deadline that an update has kept", async () => {
    const written: Entry[] = [];
    const from = wrap(memoryStore(), (driver) => ({
      ...driver,
      write(collection, items) {
        written.push(...items.map(([, entry]) => entry));
        return driver.write(collection, items);
      },
    }));
    await from.put("k", 1, { ttl: 600 });
    written.length = 0;
    const store = migrating(from, memoryStore(), { tombstoneTtl: 60 });
    await store.increment("k");
    await store.update<number>("k", (value) => (value ?? 0) + 1);
    expect(written.map(({ value, keepsDeadline }) => [value, keepsDeadline])).toEqual([
      [2, undefined],
      [3, undefined],
    ]);
    const left = (await from.ttl("k"))?.ttl ?? 0;
    expect([left > 590, left <= 600]).toEqual([true, true]);
  });

  it("leaves a deadline that stays to the new store, which may have a clock of its own", async () => {
    const kept: [key: string, keepsDeadline: true | undefined][] = [];
    const to = wrap(memoryStore(), (driver) => ({
      ...driver,
      swap(collection, key, expected, next) {
        kept.push([key, next?.keepsDeadline]);
        return driver.swap!(collection, key, expected, next);
      },
    }));
    const store = migrating(memoryStore(), to, { tombstoneTtl: 60 });
    // The new store keeps the second one for longer than its deadline, so it must not keep the stored deadline.
    for (const [key, ttl] of [
      ["long", 600],
      ["short", 5],
    ] as const) {
      await store.increment(key, 1, { ttl });
      await store.increment(key);
    }
    const last = migrating(memoryStore(), to, { tombstoneTtl: 0 });
    for (const key of ["long", "short"]) await last.increment(key);
    expect(kept).toEqual([
      ...[
        ["long", undefined],
        ["long", true],
        ["short", undefined],
        ["short", undefined],
      ],
      ...[
        ["long", true],
        ["short", undefined],
      ],
    ]);
    expect((await last.ttl("short"))?.ttl).toBeLessThan(6);
  });

  it("needs a new store with atomic operations, and known options", () => {
    const store = memoryStore();
    expect(() => migrating(store, { ...store } as never)).toThrow(TypeError);
    expect(() => migrating(store, store, { write: "from" as never })).toThrow(TypeError);
    for (const tombstoneTtl of [-1, Number.NaN, Number.POSITIVE_INFINITY, "60"]) {
      expect(() => migrating(store, store, { tombstoneTtl: tombstoneTtl as number })).toThrow(TypeError);
    }
  });

  it("has the atomic operations and cull, and nothing that would reach across two stores", () => {
    const store = migrating(memoryStore(), memoryStore());
    const optional = ["listKeys", "keys", "listCollections", "collections", "destroyCollection", "destroy"];
    expect(optional.filter((method) => method in store)).toEqual([]);
    expect(["cull", "take", "update", "increment", "putIfAbsent"].filter((method) => !(method in store))).toEqual([]);
    expect(toDriver(store).consistency).toBe("strong");
    expect(toDriver(migrating({ ...memoryStore() }, memoryStore())).consistency).toBe("eventual");
  });
});

describeWithRedis("migrating to Redis", () => {
  it("loses nothing and brings nothing back, also through encryption", async () => {
    const database = await openDatabase();
    const keys = { id: "k", key: new Uint8Array(32).fill(7) };
    const to = encrypt(upstashStore(database.client(), { keyPrefix: "new:" }), { keys: [keys] });
    const outlive = () => new Promise<void>((resolve) => setTimeout(resolve, 3100));
    await migrate({ from: memoryStore(), to, seed: 5, keys: 12, operations: 20, outlive, tombstoneTtl: 3 });
  });
});
