import { type Cache, type CacheEntry, cachified } from "@epic-web/cachified";
import { BentoCache, bentostore } from "bentocache";
import { defineCachedFunction } from "ocache";
import { createStorage } from "unstorage";
import { describe, expect, it } from "#test";
import { cached } from "../../src/cached.ts";
import { type AsyncKeyValue, createStore, memoryStore, toDriver } from "../../src/index.ts";
import { at, deferred, sleep } from "../support/caching.ts";
import { chaos } from "../support/chaos.ts";

/** What the libraries have in common: a function whose result is kept under one key of a store. */
interface Subject {
  get(): Promise<unknown>;
  forget(): Promise<unknown>;
}

/** Makes one more object over a store, as another process would. Times are seconds; each result lives for 10. */
type Library = (store: AsyncKeyValue, fn: () => Promise<unknown>, times: { swr?: number; onError?: number }) => Subject;

const ours: Library = (store, fn, { swr = 0, onError = 0 }) => {
  const get = cached(store, fn, { key: () => "k", ttl: 10, staleWhileRevalidate: swr, staleIfError: onError });
  return { get, forget: () => get.invalidate() };
};

const withCachified: Library = (store, fn, { swr = 0, onError = 0 }) => {
  const cache: Cache = {
    get: (key) => store.get<CacheEntry>(key),
    set: (key, entry) => store.put(key, entry),
    delete: (key) => store.delete(key),
  };
  const times = { ttl: 10_000, swr: swr * 1000, fallbackToCache: onError > 0 ? onError * 1000 : false };
  return {
    get: () => cachified<unknown>({ key: "k", cache, getFreshValue: fn, ...times }),
    forget: () => store.delete("k"),
  };
};

const withBentocache =
  (options: { lockTimeout?: string; suppressL2Errors?: boolean } = {}): Library =>
  (store, fn, { swr = 0, onError = 0 }) => {
    const driver = {
      type: "l2" as const,
      namespace: () => driver,
      get: async (key: string) => (await store.get<string>(key)) ?? undefined,
      pull: async () => undefined,
      set: async (key: string, value: string, ttl?: number) => {
        await store.put(key, value, { ttl: ttl === undefined ? undefined : ttl / 1000 });
        return true;
      },
      clear: async () => {},
      delete: (key: string) => store.delete(key),
      deleteMany: async (keys: string[]) => (await store.deleteMany(keys)) > 0,
      disconnect: async () => {},
    };
    const layer = bentostore().useL2Layer({ factory: () => driver, options: {} });
    const bento = new BentoCache({ default: "only", stores: { only: layer } });
    const grace = Math.max(swr, onError);
    return {
      get: () =>
        bento.getOrSet({ key: "k", factory: fn, ttl: "10s", grace: grace > 0 ? `${grace}s` : false, ...options }),
      forget: () => bento.delete({ key: "k" }),
    };
  };

/**
 * Nitro's `defineCachedFunction` is the one of ocache, over the `unstorage` that Nitro has. Other processes run the same
 * code, so the name and the hash of the function are the same for all.
 */
const withNitro =
  (options: { swr?: boolean; maxResolveTime?: number } = {}): Library =>
  (store, fn, { swr = 0, onError = 0 }) => {
    const { getItem, setItem } = createStorage({
      driver: {
        name: "store",
        hasItem: async (key) => (await store.get(key)) !== null,
        getItem: (key) => store.get<string>(key),
        setItem: (key, value, { ttl }) => store.put(key, value, { ttl }),
        removeItem: (key) => store.delete(key) as Promise<unknown> as Promise<void>,
        getKeys: () => [],
      },
    });
    const stale = Math.max(swr, onError);
    const get = defineCachedFunction(fn, {
      name: "fn",
      integrity: "the same code",
      storage: {
        get: <T>(key: string) => getItem(key) as Promise<T | null>,
        set: (key, value, ttl) => setItem(key, value as never, ttl),
      },
      maxAge: 10,
      onError: () => {},
      ...(stale > 0 && { swr: true, staleMaxAge: stale }),
      ...options,
    });
    return { get: () => get(), forget: () => get.invalidate() };
  };

/** What is kept in the store between a call now and another in `seconds`: how the second ends, and the calls until then. */
async function twice(make: Library, fn: () => Promise<unknown>, seconds = 0, times = {}): Promise<unknown> {
  const subject = make(memoryStore(), fn, times);
  await subject.get();
  await sleep(5);
  return at(seconds * 1000, () =>
    subject.get().then(
      (value) => value,
      (error) => error,
    ),
  );
}

/** Lets timers of a second and more ring a thousand times as early. */
async function hastened<R>(body: () => Promise<R>): Promise<R> {
  const { setTimeout } = globalThis;
  const early = (fn: () => void, ms = 0) => setTimeout(fn, ms < 1000 ? ms : ms / 1000);
  globalThis.setTimeout = early as typeof setTimeout;
  try {
    return await body();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
}

/** How a call ends, or that it does not in 200 milliseconds. */
const soon = (call: Promise<unknown>): Promise<unknown> =>
  Promise.race([call.catch(name), sleep(200).then(() => "hangs")]);

/** The code of a failure, or its name. */
const name = (error: unknown): unknown =>
  error instanceof Error ? ((error as { code?: string }).code ?? error.name) : error;

const libraries: [string, Library][] = [
  ["cached", ours],
  ["cachified", withCachified],
  ["bentocache", withBentocache()],
  ["nitro", withNitro()],
];

/** Runs the same for each library; the answers are the rows of the table in docs/comparison.md. */
async function row(ask: (make: Library) => Promise<unknown>): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const [library, make] of libraries) answers[library] = await ask(make);
  return answers;
}

describe("the comparison in docs/comparison.md", () => {
  it("1,000 misses at the same time, in one process", async () => {
    const calls = await row(async (make) => {
      let calls = 0;
      const slow = async () => {
        await sleep(20);
        return ++calls;
      };
      const { get } = make(memoryStore(), slow, {});
      await Promise.all(Array.from({ length: 1000 }, get));
      return calls;
    });
    expect(calls).toEqual({ cached: 1, cachified: 1, bentocache: 1, nitro: 1 });
  });

  it("1,000 misses at the same time, from 50 processes over one store", async () => {
    const calls = await row(async (make) => {
      let calls = 0;
      const store = memoryStore();
      const slow = async () => {
        await sleep(20);
        return ++calls;
      };
      const gets = Array.from({ length: 50 }, () => make(store, slow, {}).get);
      await Promise.all(Array.from({ length: 1000 }, (_, i) => gets[i % 50]!()));
      return calls;
    });
    expect(calls).toEqual({ cached: 1, cachified: 50, bentocache: 50, nitro: 50 });
  });

  it("a call that never ends, and others in the same process at once and much later", async () => {
    const next = (make: Library) =>
      hastened(async () => {
        let calls = 0;
        const { get } = make(memoryStore(), () => (++calls === 1 ? new Promise(() => {}) : Promise.resolve("new")), {});
        void get().catch(name);
        await sleep(5);
        return [await soon(get()), await at(3_600_000, () => soon(get()))];
      });
    expect(await row(next)).toEqual({
      cached: ["hangs", "new"],
      cachified: ["hangs", "new"],
      bentocache: ["hangs", "hangs"],
      nitro: ["TimeoutError", "new"],
    });
    expect(await next(withBentocache({ lockTimeout: "50ms" }))).toEqual(["Error", "Error"]);
    expect(await next(withNitro({ maxResolveTime: 0 }))).toEqual(["hangs", "hangs"]);
  });

  it("a process that is gone during its call, and others at once and after 31 seconds", async () => {
    const outcomes = await row(async (make) => {
      const ends: unknown[] = [];
      for (const seconds of [0, 31]) {
        const store = memoryStore();
        const gone = deferred<string>();
        const first = make(store, () => gone.promise, {}).get();
        await sleep(5);
        ends.push(await at(seconds * 1000, () => soon(make(store, async () => "new", {}).get())));
        gone.resolve("late");
        await first;
      }
      return ends;
    });
    expect(outcomes).toEqual({
      cached: ["hangs", "new"],
      cachified: ["new", "new"],
      bentocache: ["new", "new"],
      nitro: ["new", "new"],
    });
  });

  it("an invalidation while a slow call is under way, from the same process and from another", async () => {
    const kept = await row(async (make) => {
      const store = memoryStore();
      const outcomes: unknown[] = [];
      for (const same of [true, false]) {
        const slow = deferred<string>();
        const one = make(store, () => slow.promise, {});
        const two = make(store, async () => "new", {});
        const slowly = one.get();
        await sleep(5);
        await (same ? one : two).forget();
        slow.resolve("old");
        await slowly;
        await sleep(5);
        outcomes.push(await two.get());
        await two.forget();
      }
      return outcomes;
    });
    expect(kept).toEqual({
      cached: ["new", "new"],
      cachified: ["old", "old"],
      bentocache: ["old", "old"],
      nitro: ["new", "old"],
    });
  });

  it("results that are null or undefined", async () => {
    const calls = await row(async (make) => {
      const outcomes: unknown[] = [];
      for (const value of [null, undefined]) {
        let calls = 0;
        const fn = async () => {
          calls++;
          return value;
        };
        const second = await twice(make, fn).catch((error) => error);
        outcomes.push(name(second) === value ? calls : name(second));
      }
      return outcomes;
    });
    expect(calls).toEqual({ cached: [1, 1], cachified: [1, 2], bentocache: [1, "E_UNDEFINED_VALUE"], nitro: [1, 2] });
  });

  it("a function that fails after the TTL, with an old result that may stand in for 60 seconds", async () => {
    const ends = async (make: Library, onError: number) => {
      const ends: unknown[] = [];
      for (const seconds of [20, 100]) {
        let calls = 0;
        const fn = async () => {
          if (++calls > 1) throw new TypeError("down");
          return "old";
        };
        const { get } = make(memoryStore(), fn, { onError });
        await get();
        await sleep(5);
        await at(seconds * 1000, () => get().catch(name));
        await sleep(5); // a refresh behind that call has failed, and the old result must have outlived it
        ends.push(await at(seconds * 1000, () => get().catch(name)));
      }
      return ends;
    };
    expect(await row((make) => ends(make, 60))).toEqual({
      cached: ["old", "TypeError"],
      cachified: ["TypeError", "TypeError"],
      bentocache: ["old", "E_FACTORY_ERROR"],
      nitro: ["old", "TypeError"],
    });
    expect(await ends(withNitro(), 0)).toEqual(["TypeError", "TypeError"]);
    expect(await ends(withNitro({ swr: true }), 0)).toEqual(["old", "old"]);
  });

  it("an old result at once while a new one is made", async () => {
    const outcomes = await row((make) => {
      let calls = 0;
      return twice(make, async () => ++calls, 20, { swr: 60 });
    });
    expect(outcomes).toEqual({ cached: 1, cachified: 1, bentocache: 1, nitro: 1 });
  });

  it("a function that fails with nothing kept", async () => {
    const error = new TypeError("down");
    const outcomes = await row(async (make) => {
      const { get } = make(memoryStore(), () => Promise.reject(error), {});
      const failure = (await get().catch((error) => error)) as Error;
      return failure === error ? "as it is" : name(failure);
    });
    expect(outcomes).toEqual({
      cached: "as it is",
      cachified: "as it is",
      bentocache: "E_FACTORY_ERROR",
      nitro: "as it is",
    });
  });

  it("a store whose reads fail, whose writes fail, and that fails altogether", async () => {
    const calls = async (make: Library) => {
      const ends: unknown[] = [];
      for (const only of [["read"], ["write", "swap"], undefined] as const) {
        const { driver } = chaos(toDriver(memoryStore()), { fail: 1, ...(only && { only }) });
        const { get } = make(createStore(driver), async () => "answer", {});
        ends.push(await get().catch(name));
      }
      return ends;
    };
    expect(await row(calls)).toEqual({
      cached: ["answer", "answer", "answer"],
      cachified: ["answer", "answer", "unavailable"],
      bentocache: ["E_L2_CACHE_ERROR", "E_L2_CACHE_ERROR", "E_L2_CACHE_ERROR"],
      nitro: ["answer", "answer", "answer"],
    });
    expect(await calls(withBentocache({ suppressL2Errors: true }))).toEqual(["answer", "answer", "answer"]);
  });
});
