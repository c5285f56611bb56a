import { describe, expect, it } from "#test";
import { type AnyDriver, type AsyncKeyValue, createStore, memoryStore, supports, toDriver } from "../../src/index.ts";
import { betterAuthStorage } from "../../src/interop/better-auth.ts";
import { type CacheThroughOptions, cacheThrough } from "../../src/wrappers/cache-through.ts";
import { type ChaosOptions, chaos } from "../support/chaos.ts";

/** A cached store, with a record of the calls to the primary and to the cache; a cache with and one without swap. */
function setup(options: Partial<CacheThroughOptions> & { bare?: boolean; faults?: ChaosOptions } = {}) {
  const { bare, faults, ...rest } = options;
  const [base, held] = [memoryStore(), memoryStore()];
  const primary = chaos(toDriver(base));
  const { swap, ...others } = toDriver(held);
  const cache = chaos((bare ? others : { ...others, swap }) as ReturnType<typeof toDriver<typeof held>>, faults);
  const store = cacheThrough(createStore(primary.driver), createStore(cache.driver), { maxTtl: 60, ...rest });
  const reads = () => primary.calls.filter(({ operation }) => operation === "read").map(({ keys }) => keys.join());
  return { base, held, cache, store, reads };
}

/** A driver of which reads can be held back after they have seen what is there. */
function slow(store: AsyncKeyValue) {
  const driver = toDriver(store) as AnyDriver;
  let gate: Promise<void> | undefined;
  const read: AnyDriver["read"] = async (...args) => {
    const held = gate;
    const entries = await driver.read(...args);
    await held;
    return entries;
  };
  /** From now on reads wait, until the function that this returns is called. */
  function hold(): () => void {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => {
      gate = undefined;
      open();
    };
  }
  return { store: createStore({ ...driver, read } as AnyDriver), hold };
}

/** Long enough for everything that does not wait for anything. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

async function withClock(body: (pass: (seconds: number) => void) => Promise<void>): Promise<void> {
  const real = Date.now;
  let now = real();
  Date.now = () => now;
  try {
    await body((seconds) => {
      now += seconds * 1000;
    });
  } finally {
    Date.now = real;
  }
}

for (const bare of [false, true]) {
  describe(`cacheThrough, with a cache ${bare ? "without" : "with"} swap`, () => {
    it("serves a copy for maxTtl from the moment when its read began, however long the primary takes", async () => {
      await withClock(async (pass) => {
        const base = memoryStore();
        await base.put("k", "old");
        const { store: primary, hold } = slow(base);
        const cache = memoryStore();
        const { swap: _, ...others } = toDriver(cache);
        const store = cacheThrough(primary, bare ? createStore(others) : cache, { maxTtl: 30, negativeTtl: 30 });
        const open = hold();
        const reading = store.getMany(["k", "missing"]);
        await settle();
        pass(20);
        await base.putMany(["k", "missing"].map((key) => [key, "new"]));
        open();
        expect(await reading).toEqual(["old", null]);
        pass(9);
        expect(await store.getMany(["k", "missing"])).toEqual(["old", null]);
        pass(2);
        expect(await store.getMany(["k", "missing"])).toEqual(["new", "new"]);
      });
    });

    it("asks the primary once, whatever the value is", async () => {
      for (const value of [{}, [], 0, "", false, { __copy__: [1, null, null] }, { __lease__: "x" }]) {
        const { store, base, reads } = setup({ bare });
        await base.put("a", value);
        for (let i = 0; i < 3; i++) expect(await store.get("a")).toEqual(value);
        expect(reads()).toEqual(["a"]);
      }
    });

    it("does not cache that something is missing", async () => {
      const { store, base, held, reads } = setup({ bare });
      expect(await store.get("a")).toBe(null);
      expect(await held.get("a")).toBe(null);
      await base.put("a", 1);
      expect(await store.get("a")).toBe(1);
      expect(reads()).toEqual(["a", "a"]);
    });

    it("remembers for negativeTtl that something is missing, until it is written through the store", () =>
      withClock(async (pass) => {
        const { base, store, reads } = setup({ bare, negativeTtl: 5 });
        for (let i = 0; i < 100; i++) expect(await store.get("k")).toBe(null);
        expect(await store.getMany(["k", "l"])).toEqual([null, null]);
        expect(reads()).toEqual(["k", "l"]);
        await store.put("k", 1);
        expect([await store.get("k"), await store.get("l")]).toEqual([1, null]);
        await base.put("l", 2);
        pass(4.9);
        expect(await store.get("l")).toBe(null);
        pass(0.2);
        expect(await store.get("l")).toBe(2);
        await store.delete("l");
        await store.get("l");
        expect(await store.putIfAbsent("l", 3)).toBe(true);
        expect(await store.get("l")).toBe(3);
      }));

    it("does not remember as missing what was written while the primary was read", async () => {
      const [primary, cache] = [slow(memoryStore()), memoryStore()];
      const { swap: _, ...others } = toDriver(cache);
      const held = bare ? createStore(others) : cache;
      const store = cacheThrough(primary.store, held, { maxTtl: 60, negativeTtl: 60 });
      const open = primary.hold();
      const early = store.get("k");
      await settle();
      await store.put("k", 1);
      open();
      expect([await early, await store.get("k")]).toEqual([null, 1]);
    });

    it("remembers nothing as missing for longer than maxTtl", () =>
      withClock(async (pass) => {
        const { base, store } = setup({ bare, maxTtl: 10, negativeTtl: 100 });
        await store.get("k");
        await base.put("k", 1);
        pass(10.1);
        expect(await store.get("k")).toBe(1);
      }));

    it("reports the primary's TTL, of a copy too, and keeps a copy no longer than that", () =>
      withClock(async (pass) => {
        const { store, base, held, reads } = setup({ bare, maxTtl: 10 });
        await base.put("a", 1, { ttl: 3600 });
        await base.put("short", 1, { ttl: 4 });
        await base.put("forever", 1);
        const keys = ["a", "short", "forever"];
        // A read of values alone must fill the cache with deadlines all the same.
        await store.getMany(keys);
        pass(1);
        expect(await store.ttlMany(keys)).toEqual([
          { value: 1, ttl: 3599 },
          { value: 1, ttl: 3 },
          { value: 1, ttl: null },
        ]);
        expect((await held.ttlMany(keys)).map((copy) => copy?.ttl)).toEqual([9, 3, 9]);
        expect(reads()).toEqual(["a,short,forever"]);
        pass(3);
        expect(await store.getMany(keys)).toEqual([1, null, 1]);
        pass(6);
        expect((await store.ttl("a"))?.ttl).toBe(3590);
        expect(reads()).toEqual(["a,short,forever", "short", "a"]);
      }));

    it("asks the primary once for all of a bulk that is missing", async () => {
      const { store, base, cache, reads } = setup({ bare });
      await base.putMany(["a", "b", "c", "d"].map((key) => [key, key]));
      await store.getMany(["b"]);
      expect(await store.getMany(["d", "a", "b", "x", "c", "a"])).toEqual(["d", "a", "b", null, "c", "a"]);
      expect(reads()).toEqual(["b", "d,a,x,c"]);
      expect(await store.getMany(["d", "a", "b", "c"])).toEqual(["d", "a", "b", "c"]);
      expect(reads().length).toBe(2);
      const operations = cache.calls.map(({ operation, keys }) => `${operation} ${keys}`);
      if (bare) expect(operations).toEqual(["read b", "write b", "read d,a,b,x,c,a", "write d,a,c", "read d,a,b,c"]);
      else expect(operations.filter((call) => !call.startsWith("swap")).length).toBe(7);
    });

    it("lets writes reach the primary first and removes the copies", async () => {
      const { store, base, held } = setup({ bare });
      await base.putMany(["a", "b", "c"].map((key) => [key, 1]));
      await store.getMany(["a", "b", "c"]);
      await store.put("a", 2);
      await store.delete("b");
      expect(await held.getMany(["a", "b"])).toEqual([null, null]);
      expect(await store.getMany(["a", "b", "c"])).toEqual([2, null, 1]);
      expect(await store.update<number>("c", (value) => (value ?? 0) + 5)).toBe(6);
      expect(await store.get("c")).toBe(6);
      expect(await store.take("c")).toBe(6);
      expect(await store.get("c")).toBe(null);
    });

    it("removes a copy also when the write fails, since it may have happened", async () => {
      const base = memoryStore();
      await base.put("a", 1);
      const { driver } = chaos(toDriver(base), { plan: ["lost"], only: ["write"] });
      const store = cacheThrough(createStore(driver), setup({ bare }).held, { maxTtl: 60 });
      await store.get("a");
      await expect(store.put("a", 2)).rejects.toMatchObject({ code: "unavailable" });
      expect(await store.get("a")).toBe(2);
    });

    it("sends atomic operations and their reads to the primary", async () => {
      const { store, base, held } = setup({ bare });
      await store.put("n", 1);
      await store.get("n");
      await base.put("n", 41);
      expect(await store.increment("n")).toBe(42);
      expect(await held.get("n")).toBe(null);
      expect(await store.putIfAbsent("n", 0)).toBe(false);
    });

    it("drops the copy when an entry is read afresh", async () => {
      const { store, base, held } = setup({ bare });
      await base.put("a", 1);
      await store.get("a");
      await base.put("a", 2);
      expect(await store.update("a", () => undefined)).toBe(2);
      expect(await held.get("a")).toBe(null);
    });

    it("does not bring back what a write has replaced while a read was under way", async () => {
      const base = memoryStore();
      const writes: ((store: AsyncKeyValue) => Promise<unknown>)[] = [
        (store) => store.put("a", "new"),
        (store) => store.putMany([["a", "new"]]),
        (store) => store.delete("a"),
        (store) => (supports(store, "swap") ? store.update("a", () => "new") : Promise.reject()),
        (store) => (supports(store, "swap") ? store.take("a") : Promise.reject()),
      ];
      for (const write of writes) {
        const { held } = setup();
        const { store: primary, hold } = slow(base);
        const store = cacheThrough(primary, bare ? { ...held } : held, { maxTtl: 60 });
        await base.put("a", "old");
        const release = hold();
        const [one, many] = [store.get("a"), store.getMany(["a", "b"])];
        await settle();
        const written = write(store);
        // An update reads as well, and that read is held back like the others.
        await settle();
        release();
        await written;
        expect([await one, await many]).toEqual(["old", ["old", null]]);
        await settle();
        expect(await store.get("a")).toBe(await base.get("a"));
      }
    });

    it("does not put back a copy that was on its way into the cache when a write came", async () => {
      const { base, held } = setup();
      await base.put("a", "old");
      const driver = toDriver(held) as AnyDriver;
      const gates: (() => void)[] = [];
      const pass = () => new Promise<void>((resolve) => gates.push(resolve));
      let gated = true;
      const cache = createStore({
        ...driver,
        write: async (...args: Parameters<AnyDriver["write"]>) => {
          if (bare && gated) await pass();
          return driver.write(...args);
        },
        swap: bare
          ? undefined
          : async (...args: Parameters<NonNullable<AnyDriver["swap"]>>) => {
              if (gated) await pass();
              return driver.swap!(...args);
            },
      } as AnyDriver);
      const store = cacheThrough(base, cache, { maxTtl: 60 });
      const read = store.get("a");
      while (gates.length === 0) await settle();
      await store.put("a", "new");
      gated = false;
      for (const open of gates) open();
      expect(await read).toBe("old");
      expect(await store.get("a")).toBe("new");
    });

    it("forgets a read that has not ended after a minute, since its request may be gone", () =>
      withClock(async (pass) => {
        const { base, held } = setup();
        await base.put("a", "old");
        await base.put("b", 1);
        const { store: primary, hold } = slow(base);
        const store = cacheThrough(primary, bare ? { ...held } : held, { maxTtl: 600 });
        const release = hold();
        const read = store.get("a");
        await settle();
        pass(61);
        const other = store.get("b");
        await settle();
        release();
        expect([await read, await other]).toEqual(["old", 1]);
        expect(await held.get("a")).toBe(null);
        expect(await held.get("b")).toHaveProperty("__copy__.0", 1);
      }));

    it("fills again after a write, and what other keys and collections hold is not forgotten", async () => {
      const { store, base, reads } = setup({ bare });
      await base.put("a", 1);
      await base.put("b", 1);
      await base.put("a", 1, { collection: "c" });
      await store.getMany(["a", "b"]);
      await store.get("a", { collection: "c" });
      await store.put("a", 2);
      for (let i = 0; i < 2; i++) expect(await store.getMany(["a", "b"])).toEqual([2, 1]);
      expect(await store.get("a", { collection: "c" })).toBe(1);
      expect(reads()).toEqual(["a,b", "a", "a"]);
    });

    it("never fails because the cache does, nor answers wrongly", async () => {
      for (let seed = 1; seed <= 30; seed++) {
        // Only what removes copies works always: one that stays is served until `maxTtl`, as documented.
        const faults = { seed, fail: 0.2, lost: 0.2, halfOfBulk: 0.1, only: ["read", "write", "swap"] as const };
        const { store, base } = setup({ bare, faults });
        const keys = ["k0", "k1", "k2"];
        for (let i = 0; i < 20; i++) {
          await store.put(`k${i % 3}`, i);
          if (i % 5 === 0) await store.delete(`k${(i + 1) % 3}`);
          expect(await store.getMany(keys)).toEqual(await base.getMany(keys));
        }
      }
      const down = setup({ bare, faults: { fail: 1 } });
      await down.store.put("a", 1);
      expect(await down.store.get("a")).toBe(1);
      expect(await down.store.increment("a")).toBe(2);
      expect(await down.store.getMany(["a", "b"])).toEqual([2, null]);
      expect(await down.store.delete("a")).toBe(true);
    });

    it("throws what the primary throws", async () => {
      const { driver } = chaos(toDriver(memoryStore()), { fail: 1 });
      const store = cacheThrough(createStore(driver), setup({ bare }).held, { maxTtl: 60 });
      const calls = [
        () => store.get("a"),
        () => store.put("a", 1),
        () => store.delete("a"),
        () => store.increment("a"),
      ];
      for (const call of calls) {
        await expect(call()).rejects.toMatchObject({ code: "unavailable" });
      }
    });

    it("takes nothing else in the cache for a copy", async () => {
      const strange = [
        1,
        "x",
        [],
        { value: 1 },
        { __copy__: "x" },
        { __copy__: 1 },
        { __copy__: [null, null, null] },
        { __copy__: [] },
        { __copy__: ["x", "x", null] },
        { __copy__: ["x", null, {}] },
        { __copy__: ["x", -1e300, 1e300] },
      ];
      for (const value of strange) {
        const { store, base, held } = setup({ bare });
        await base.put("a", "true");
        await held.put("a", value);
        expect(await store.get("a")).toBe("true");
      }
    });

    it("fills after the answer where waitUntil is given", async () => {
      const background: Promise<unknown>[] = [];
      const { store, base, held, reads } = setup({ bare, waitUntil: (promise) => background.push(promise) });
      await base.put("a", 1);
      expect(await store.get("a")).toBe(1);
      expect(background.length).toBe(1);
      await Promise.all(background);
      expect(await held.get("a")).toHaveProperty("__copy__.0", 1);
      expect(await store.get("a")).toBe(1);
      expect([background.length, reads()]).toEqual([1, ["a"]]);
    });

    it("answers also where waitUntil throws, as one does that was taken off its ctx", async () => {
      const refuse = () => {
        throw new TypeError("Illegal invocation");
      };
      const { store, base } = setup({ bare, waitUntil: refuse });
      await base.put("k", 1);
      expect([await store.get("k"), await store.get("k")]).toEqual([1, 1]);
    });

    it("does not make the answer wait for a fill that hangs where waitUntil is given", async () => {
      const { driver, stop } = chaos(toDriver(memoryStore()), { hang: 1, only: [bare ? "write" : "swap"] });
      const cache = createStore(driver);
      const base = memoryStore();
      await base.put("a", 1);
      const store = cacheThrough(base, bare ? { ...cache } : cache, { maxTtl: 60, waitUntil: () => {} });
      expect(await store.get("a")).toBe(1);
      stop();
    });

    it("leaves the copies alone where the primary is culled", async () => {
      const { store, base, held, reads } = setup({ bare });
      await base.put("a", 1);
      await store.get("a");
      expect(await store.cull()).toBe(0);
      expect(await held.get("a")).toHaveProperty("__copy__.0", 1);
      expect(await store.get("a")).toBe(1);
      expect(reads()).toEqual(["a"]);
    });

    it("gives an entry out of a copy the time at which it was created", () =>
      withClock(async (pass) => {
        const { store, base, reads } = setup({ bare });
        await base.put("a", 1);
        const [original] = await toDriver(base).read("default_collection", ["a"]);
        pass(10);
        await store.get("a");
        pass(10);
        const [copy] = await toDriver(store).read("default_collection", ["a"]);
        expect(copy).toMatchObject({ value: 1, createdAt: original?.createdAt });
        expect(typeof copy?.createdAt).toBe("number");
        expect(reads()).toEqual(["a"]);
      }));

    it("destroys copies with their collection and with the store", async () => {
      const { store, base, held } = setup({ bare });
      for (const destroy of [() => store.destroyCollection(), () => store.destroy()]) {
        await base.put("a", 1);
        await store.get("a");
        expect(await destroy()).toBe(true);
        expect([await store.get("a"), await held.get("a")]).toEqual([null, null]);
      }
    });
  });
}

describe("cacheThrough", () => {
  it("does not let a slow read of another isolate bring back what was replaced, when the cache has swap", async () => {
    const [base, held] = [memoryStore(), memoryStore()];
    await base.put("a", "old");
    const { store: primary, hold } = slow(base);
    const here = cacheThrough(primary, held, { maxTtl: 60 });
    const there = cacheThrough(base, held, { maxTtl: 60 });
    const release = hold();
    const read = here.get("a");
    await settle();
    await there.put("a", "new");
    expect(await there.get("a")).toBe("new");
    release();
    expect(await read).toBe("old");
    expect([await here.get("a"), await there.get("a")]).toEqual(["new", "new"]);
  });

  it("is filled by the first of many readers, however many come after it", async () => {
    const [base, held] = [memoryStore(), memoryStore()];
    await base.put("a", 1);
    const [first, second] = [slow(base), slow(base)];
    const releases = [first.hold(), second.hold()];
    const reads = [cacheThrough(first.store, held, { maxTtl: 60 }).get("a")];
    await settle();
    reads.push(cacheThrough(second.store, held, { maxTtl: 60 }).get("a"));
    await settle();
    releases[0]?.();
    await reads[0];
    expect(await held.get("a")).toHaveProperty("__copy__.0", 1);
    releases[1]?.();
    expect(await Promise.all(reads)).toEqual([1, 1]);
  });

  it("is filled by a later reader when the first one died", async () => {
    const [base, held] = [memoryStore(), memoryStore()];
    await base.put("a", 1);
    const { store: primary, hold } = slow(base);
    const release = hold();
    const dead = cacheThrough(primary, held, { maxTtl: 60 }).get("a");
    await settle();
    expect(await cacheThrough(base, held, { maxTtl: 60 }).get("a")).toBe(1);
    expect(await held.get("a")).toHaveProperty("__copy__.0", 1);
    release();
    await dead;
  });

  it("fills a cache that itself serves a copy of the lease of a reader that died", async () => {
    const [base, far] = [memoryStore(), memoryStore()];
    await base.put("a", 1);
    const cache = cacheThrough(far, memoryStore(), { maxTtl: 60 });
    const { store: primary, hold } = slow(base);
    const release = hold();
    const dead = cacheThrough(primary, cache, { maxTtl: 60 }).get("a");
    await settle();
    expect(await cacheThrough(base, cache, { maxTtl: 60 }).get("a")).toBe(1);
    expect(await far.get("a")).toHaveProperty("__copy__.0", 1);
    release();
    await dead;
  });

  it("is filled although the same key of another collection is written meanwhile", async () => {
    const [base, held] = [memoryStore(), memoryStore()];
    await base.put("a", 1);
    const { store: primary, hold } = slow(base);
    const store = cacheThrough(primary, { ...held }, { maxTtl: 60 });
    const release = hold();
    const read = store.get("a");
    await settle();
    await store.put("a", 2, { collection: "other" });
    release();
    await read;
    expect(await held.get("a")).toHaveProperty("__copy__.0", 1);
  });

  it("fills with deadlines also from a primary that leaves them out where only values are wanted", async () => {
    const [base, held] = [memoryStore(), memoryStore()];
    await base.put("a", 1, { ttl: 20 });
    const store = cacheThrough({ ...base }, held, { maxTtl: 60 });
    expect([await store.get("a"), await store.getMany(["a"])]).toEqual([1, [1]]);
    expect((await held.ttl("a"))?.ttl).toBeLessThanOrEqual(20.001);
  });

  it("has what the primary can do, destroying only where the cache can, too", () => {
    const { destroy: _1, destroyCollection: _2, ...rest } = toDriver(memoryStore());
    const all = ["listKeys", "listCollections", "cull", "swap", "destroyCollection", "destroy"] as const;
    const of = (store: AsyncKeyValue) => all.filter((capability) => supports(store, capability));
    expect(of(cacheThrough(memoryStore(), memoryStore(), { maxTtl: 1 }))).toEqual([...all]);
    expect(of(cacheThrough(memoryStore(), createStore(rest), { maxTtl: 1 }))).toEqual(all.slice(0, 4));
    expect(of(cacheThrough({ ...memoryStore() }, memoryStore(), { maxTtl: 1 }))).toEqual([]);
  });

  it("is eventually consistent over a strong primary: another isolate's cache still has what this one has replaced", async () => {
    const primary = memoryStore();
    const [here, elsewhere] = [memoryStore(), memoryStore()].map((cache) =>
      cacheThrough(primary, cache, { maxTtl: 60 }),
    );
    await here!.put("session", "open");
    expect(await elsewhere!.get("session")).toBe("open");
    await here!.delete("session");
    expect([await here!.get("session"), await elsewhere!.get("session")]).toEqual([null, "open"]);
    const stores = [
      cacheThrough(primary, memoryStore(), { maxTtl: 1 }),
      cacheThrough({ ...primary }, primary, { maxTtl: 1 }),
    ];
    expect(stores.map((store) => toDriver(store).consistency)).toEqual(["eventual", "eventual"]);
  });

  it("is refused by adapters for sessions, in which an ended session would live on elsewhere", () => {
    const store = cacheThrough(memoryStore(), memoryStore(), { maxTtl: 60 });
    expect(() => betterAuthStorage(store)).toThrow("strongly consistent");
    expect(() => betterAuthStorage(store, { allowEventual: true })).not.toThrow();
  });

  it("handles a waitUntil that is asynchronous and fails, which would end the process otherwise", async () => {
    let handled = false;
    const failing = {
      // biome-ignore lint/suspicious/noThenProperty: this is what a promise is
      then(_: unknown, handle?: unknown) {
        handled = handle !== undefined;
      },
    };
    const { base, store } = setup({ waitUntil: () => failing });
    await base.put("a", 1);
    expect([await store.get("a"), handled]).toEqual([1, true]);
  });

  it("refuses a negativeTtl that is no TTL", () => {
    for (const negativeTtl of [0, -1, Number.NaN, "1"]) {
      const options = { maxTtl: 60, negativeTtl: negativeTtl as number };
      expect(() => cacheThrough(memoryStore(), memoryStore(), options)).toThrow();
    }
  });

  it("refuses a maxTtl that is no TTL", () => {
    for (const maxTtl of [0, -1, NaN, Infinity]) {
      let error: unknown;
      try {
        cacheThrough(memoryStore(), memoryStore(), { maxTtl });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: "invalid_ttl" });
    }
  });
});
