import { describe, expect, it } from "#test";
import { invalidateTags } from "../src/cache-tags.ts";
import { cached } from "../src/cached.ts";
import { type CachedManyOptions, cachedMany } from "../src/cached-many.ts";
import { type AsyncKeyValue, KeyValueError, memoryStore } from "../src/index.ts";
import { at, deferred, failure, sleep, withoutSwap } from "./support/caching.ts";
import { memoryDriverCalls } from "./support/driver-calls.ts";

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
    expect([await get([1]), await get([1])]).toEqual([["1/1"], ["1/2"]]);
    expect(((await failure(names(broken, { onStoreError: "throw" }).get([1]))) as KeyValueError).code).toBe(
      "unavailable",
    );
  });

  it("refuses wrong arguments, and a function that does not return a result for each id", async () => {
    const store = memoryStore();
    expect(() => cachedMany(store, 1 as never, { key: String, ttl: 1 })).toThrow("fn must be a function");
    expect(() => cachedMany(store, async () => [], { ttl: 1 } as never)).toThrow("key must be a function");
    const short = cachedMany(store, async () => [1], { key: String, ttl: 1 });
    expect(((await failure(short([1, 2]))) as Error).message).toBe(
      "fn must be a function that returns one result for each id",
    );
    expect(((await failure(short(1 as never))) as Error).message).toBe("ids must be an array");
  });
});
