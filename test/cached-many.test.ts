import { describe, expect, it } from "#test";
import { invalidateTags } from "../src/cache-tags.ts";
import { cached } from "../src/cached.ts";
import { type CachedManyOptions, cachedMany } from "../src/cached-many.ts";
import { type AsyncKeyValue, createStore, KeyValueError, memoryStore, toDriver } from "../src/index.ts";
import { at, deferred, failure, sleep, withoutSwap } from "./support/caching.ts";
import { memoryDriverCalls } from "./support/driver-calls.ts";
import { inVirtualTime } from "./support/virtual-time.ts";

type Result = string | null;

/** A function that remembers what it was asked for. */
function names(store: AsyncKeyValue, options: Partial<CachedManyOptions<number, Result>> = {}) {
  const asked: number[][] = [];
  const fn = async (ids: readonly number[]): Promise<Result[]> => {
    asked.push([...ids]);
    return ids.map((id) => (id < 0 ? null : `${id}/${asked.length}`));
  };
  return { asked, get: cachedMany(store, fn, { key: (id) => `name:${id}`, ttl: 60, ...options }) };
}

describe("cachedMany", () => {
  it("returns results in the order of the ids, and asks once for what is missing", async () => {
    for (const store of [memoryStore(), withoutSwap()]) {
      const { asked, get } = names(store);
      expect(await get([2, 1, 2, -1])).toEqual(["2/1", "1/1", "2/1", null]);
      expect(await get([3, 1, -1])).toEqual(["3/2", "1/1", null]);
      expect([await get([]), await get([1])]).toEqual([[], ["1/1"]]);
      expect(asked).toEqual([[2, 1, -1], [3]]);
    }
  });

  it("reads once and writes once", async () => {
    const { store, calls } = memoryDriverCalls();
    const { get } = names(store);
    await get([1, 2, 3]);
    expect(calls.splice(0)).toEqual(["read", "write"]);
    await get([1, 2, 3]);
    expect(calls.splice(0)).toEqual(["read"]);
    const tagged = names(store, { tags: (_, id) => [`t${id}`], key: String });
    await tagged.get([1, 2, 3]);
    expect(calls.splice(0)).toEqual(["read", "read", "write"]);
    await tagged.get([1, 2, 3]);
    expect(calls.splice(0)).toEqual(["read"]);
  });

  it("shares its results with cached", async () => {
    const store = memoryStore();
    const { get } = names(store);
    const one = cached(store, async (id: number): Promise<Result> => `one ${id}`, {
      key: (id) => `name:${id}`,
      ttl: 60,
    });
    expect([await one(1), await get([1, 2]), await one(2)]).toEqual(["one 1", ["one 1", "2/1"], "2/1"]);
  });

  it("returns stale results at once while one call makes all of them again", async () => {
    const { asked, get } = names(memoryStore(), { staleWhileRevalidate: 60 });
    await get([1, 2]);
    await at(61_000, async () => {
      expect(await get([1, 2, 3])).toEqual(["1/1", "2/1", "3/2"]);
      await sleep(5);
      expect(asked).toEqual([[1, 2], [3], [1, 2]]);
      expect(await get([1, 2, 3])).toEqual(["1/3", "2/3", "3/2"]);
    });
  });

  it("returns old results when the function fails and all that is missing has one", async () => {
    let isDown = false;
    const errors: unknown[] = [];
    const fn = async (ids: readonly number[]) => {
      if (isDown) throw new Error("down");
      return ids.map(String);
    };
    const onError = (error: unknown) => errors.push((error as Error).message);
    const get = cachedMany(memoryStore(), fn, { key: String, ttl: 60, staleIfError: 600, onError });
    await get([1, 2]);
    isDown = true;
    await at(61_000, async () => {
      expect(await get([1, 2])).toEqual(["1", "2"]);
      expect(errors).toEqual(["down"]);
      expect(((await failure(get([1, 2, 3]))) as Error).message).toBe("down");
    });
  });

  it("keeps out what is invalidated while it is made, and stores the rest", async () => {
    for (const options of [{}, { waitUntil: () => {} }]) {
      const gate = deferred<void>();
      let calls = 0;
      const store = memoryStore();
      const fn = async (ids: readonly number[]) => {
        calls++;
        if (calls === 1) await gate.promise;
        return ids.map((id) => `${id}/${calls}`);
      };
      const get = cachedMany(store, fn, { key: String, ttl: 60, ...options });
      const slow = get([1, 2]);
      await sleep(5);
      await get.invalidate([1]);
      gate.resolve();
      expect(await slow).toEqual(["1/1", "2/1"]);
      await sleep(5);
      expect(await get.with({})([1, 2])).toEqual(["1/2", "2/1"]);
    }
  });

  it("forgets by tags, also what another isolate is making", async () => {
    const store = memoryStore();
    const { get } = names(store, { tags: (_, id) => [`user:${id}`, "users"] });
    await get([1, 2]);
    await invalidateTags(store, ["user:1"]);
    expect(await get([1, 2])).toEqual(["1/2", "2/1"]);
    await invalidateTags(store, ["users"]);
    expect(await get([1, 2])).toEqual(["1/3", "2/3"]);
  });

  it("stores what can be stored, and tells of the rest", async () => {
    const errors: string[] = [];
    const store = memoryStore();
    const fn = async (ids: readonly number[]): Promise<unknown[]> => ids.map((id) => (id === 1 ? new Date() : id));
    const onError = (error: unknown, key: string) => errors.push(`${key} ${(error as KeyValueError).code}`);
    await cachedMany(store, fn, { key: String, ttl: 60, onError })([1, 2]);
    expect([errors, (await store.listKeys()).names]).toEqual([["1 not_serializable"], ["2"]]);
  });

  it("goes on without a store that fails, unless asked to throw", async () => {
    const fail = async (): Promise<never> => {
      throw new KeyValueError("unavailable", "down");
    };
    const broken = { ...memoryStore(), getMany: fail, ttlMany: fail, putMany: fail, get: fail, put: fail };
    const { get } = names(broken);
    // What could not be stored is kept in memory for a second.
    expect([await get([1]), await get([1])]).toEqual([["1/1"], ["1/1"]]);
    await at(2000, async () => expect(await get([1])).toEqual(["1/2"]));
    expect(((await failure(names(broken, { onStoreError: "throw" }).get([1]))) as KeyValueError).code).toBe(
      "unavailable",
    );
  });

  it("throws what the store throws where asked to, also after the answer and for what cannot be stored", async () => {
    const { read, write: _, ...driver } = toDriver(memoryStore());
    const write = async (): Promise<never> => {
      throw new KeyValueError("unavailable", "down");
    };
    const broken = createStore({ ...driver, read, write });
    const options = { key: String, ttl: 60, onStoreError: "throw", waitUntil: () => {} } as const;
    const codeOf = async (call: Promise<unknown>) => ((await failure(call)) as KeyValueError).code;
    expect(await codeOf(cachedMany(broken, async (ids: readonly number[]) => ids, options)([1]))).toBe("unavailable");
    const dates = cachedMany(memoryStore(), async (ids: readonly number[]) => ids.map(() => new Date()), options);
    expect(await codeOf(dates([1]))).toBe("not_serializable");
  });

  it("returns what was asked for, though the caller changes its list meanwhile", async () => {
    const { get } = names(memoryStore());
    const ids = [1, 2];
    const results = get(ids);
    ids.splice(0, 1, 3, 4);
    expect(await results).toEqual(["1/1", "2/1"]);
  });

  it("refuses wrong arguments, and a function that does not return a result for each id", async () => {
    const store = memoryStore();
    expect(() => cachedMany(store, 1 as never, { key: String, ttl: 1 })).toThrow("fn must be a function");
    expect(() => cachedMany(store, async () => [], { ttl: 1 } as never)).toThrow("key must be a function");
    const short = cachedMany(store, async () => [1], { key: String, ttl: 1 });
    expect(((await failure(short([1, 2]))) as Error).message).toBe(
      "fn must be a function that returns one result for each id",
    );
    for (const call of [short, short.invalidate])
      expect(((await failure(call(1 as never))) as Error).message).toBe("ids must be an array");
  });
});

/** A function that takes 100 milliseconds, and remembers what it was asked for. */
function slowNames(store: AsyncKeyValue, options: Partial<CachedManyOptions<number, Result>> = {}) {
  const asked: number[][] = [];
  const fn = async (ids: readonly number[]): Promise<Result[]> => {
    const call = asked.push([...ids]);
    await sleep(100);
    if (ids.includes(666)) throw new Error(`call ${call} failed`);
    return ids.map((id) => `${id}/${call}`);
  };
  return { asked, get: cachedMany(store, fn, { key: String, ttl: 60, ...options }) };
}

/** How a call ends. */
const ends = (call: Promise<unknown>): Promise<unknown> => call.catch((error: Error) => error.message);

describe("calls of cachedMany at the same time", () => {
  for (const [kind, storeOf] of [
    ["with swap", () => memoryStore()],
    ["without swap", withoutSwap],
  ] as const) {
    it(`ask once for each id, over a store ${kind}`, async () => {
      await inVirtualTime(async () => {
        const { asked, get } = slowNames(storeOf());
        const first = get([1, 2]);
        const others = Array.from({ length: 20 }, (_, i) => (i % 2 ? get : get.with({}))([3, 2, 1]));
        expect(await first).toEqual(["1/1", "2/1"]);
        for (const other of await Promise.all(others)) expect(other).toEqual(["3/2", "2/1", "1/1"]);
        expect(asked).toEqual([[1, 2], [3]]);
      });
    });
  }

  it("have results of their own, and tell that they waited", async () => {
    const events: string[] = [];
    const fn = async (ids: readonly number[]) => {
      await sleep(5);
      return ids.map((id) => ({ id }));
    };
    const onEvent = ({ type, key }: { type: string; key: string }) => events.push(`${type} ${key}`);
    const get = cachedMany(memoryStore(), fn, { key: String, ttl: 60, onEvent });
    const [one, other] = await Promise.all([get([1]), get([1])]);
    (one![0] as { id: number }).id = 2;
    expect([other, await get([1])]).toEqual([[{ id: 1 }], [{ id: 1 }]]);
    expect(events).toEqual(["miss 1", "wait 1", "hit 1"]);
  });

  it("make stale results again once, in the background", async () => {
    const events: string[] = [];
    const onEvent = ({ type }: { type: string }) => events.push(type);
    await inVirtualTime(async () => {
      const { asked, get } = slowNames(memoryStore(), { staleWhileRevalidate: 60, onEvent });
      await get([1, 2]);
      await sleep(61_000);
      const all = await Promise.all(Array.from({ length: 10 }, () => get([1, 2])));
      expect(new Set(all.flat())).toEqual(new Set(["1/1", "2/1"]));
      await sleep(200);
      expect([asked.length, await get([1, 2])]).toEqual([2, ["1/2", "2/2"]]);
      expect(events.filter((type) => type === "refresh").length).toBe(2);
    });
  });

  it("share a failure, but none that ids of somebody else may have caused", async () => {
    await inVirtualTime(async () => {
      const { asked, get } = slowNames(memoryStore());
      const same = Array.from({ length: 10 }, () => ends(get([666])));
      expect(new Set(await Promise.all(same))).toEqual(new Set(["call 1 failed"]));
      expect(asked.length).toBe(1);
      const bad = ends(get([1, 666]));
      const good = Array.from({ length: 10 }, () => ends(get([1])));
      expect(await bad).toBe("call 2 failed");
      expect(new Set((await Promise.all(good)).flat() as string[])).toEqual(new Set(["1/3"]));
      expect(asked.length).toBe(3);
    });
  });

  it("do not take what was invalidated while it was made", async () => {
    await inVirtualTime(async () => {
      const { asked, get } = slowNames(memoryStore());
      const calls = [get([1, 2]), get([1, 2]), get([1, 2])];
      await sleep(50);
      await get.invalidate([1]);
      const later = get([1, 2]);
      expect(await calls[0]).toEqual(["1/1", "2/1"]);
      for (const call of [calls[1]!, calls[2]!, later]) expect(await call).toEqual(["1/2", "2/1"]);
      expect([asked, await get([1, 2])]).toEqual([
        [[1, 2], [1]],
        ["1/2", "2/1"],
      ]);
    });
  });

  it("share results with tags, unless a tag was invalidated while they were made", async () => {
    for (const store of [memoryStore(), withoutSwap()]) {
      await inVirtualTime(async () => {
        const { asked, get } = slowNames(store, { tags: (_, id) => [`user:${id}`] });
        expect(await Promise.all([get([1, 2]), get([2, 1])])).toEqual([
          ["1/1", "2/1"],
          ["2/1", "1/1"],
        ]);
        expect(asked.length).toBe(1);
        await invalidateTags(store, ["user:1", "user:2"]);
        const slow = get([1, 2]);
        await sleep(50);
        await invalidateTags(store, ["user:1"]);
        expect(await get([1, 2])).toEqual(["1/3", "2/2"]);
        expect([await slow, await get([1, 2])]).toEqual([
          ["1/2", "2/2"],
          ["1/3", "2/2"],
        ]);
      });
    }
  });

  it("each make results that no other request may have", async () => {
    await inVirtualTime(async () => {
      let calls = 0;
      const fn = async (ids: readonly number[]) => {
        calls++;
        await sleep(100);
        return ids.map(() => new Date(calls));
      };
      const get = cachedMany(memoryStore(), fn, { key: String, ttl: 60, onError: () => {} });
      const start = Date.now();
      const all = await Promise.all([1, 2, 3].map(() => get([1])));
      expect(new Set(all.flat()).size).toBe(3);
      expect([calls, Date.now() - start < 300]).toEqual([3, true]);
    });
  });

  it("go on after 30 seconds when a call never ends, one of them for all", async () => {
    await inVirtualTime(async () => {
      let calls = 0;
      const fn = async (ids: readonly number[]) => {
        const call = ++calls;
        await (call === 1 ? new Promise<never>(() => {}) : sleep(100));
        return ids.map(() => call);
      };
      const get = cachedMany(memoryStore(), fn, { key: String, ttl: 60 });
      get([1]);
      const start = Date.now();
      expect(await Promise.all([get([1]), get.with({})([1])])).toEqual([[2], [2]]);
      expect(Math.round((Date.now() - start) / 1000)).toBe(30);
    });
  });

  it("keep out an older result that comes later", async () => {
    const gate = deferred<void>();
    let calls = 0;
    const fn = async (ids: readonly number[]) => {
      const call = ++calls;
      if (call === 1) await gate.promise;
      return ids.map(() => call);
    };
    const get = cachedMany(memoryStore(), fn, { key: String, ttl: 60 });
    const slow = get([1]);
    await sleep(5);
    await get.invalidate([1]);
    expect(await get([1])).toEqual([2]);
    gate.resolve();
    expect([await slow, await get([1])]).toEqual([[1], [2]]);
  });
});
