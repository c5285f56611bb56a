import { ErrorsAreMissesCache, PrefixingKeyValueCache } from "@apollo/utils.keyvaluecache";
import { cachified } from "@epic-web/cachified";
import { defineCachedFunction, invalidateCache } from "ocache";
import pMemoize from "p-memoize";
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, KeyValueError, memoryStore } from "../../src/index.ts";
import { toApolloCache } from "../../src/interop/apollo.ts";
import { toAsyncMap } from "../../src/interop/async-map.ts";
import { toCachified } from "../../src/interop/cachified.ts";
import { toOcacheStorage } from "../../src/interop/ocache.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { atTime, storeWith } from "./support.ts";

/** The seconds that each key of a collection has left. */
async function ttls(store: ReturnType<typeof memoryStore>, collection: string): Promise<unknown> {
  const { names } = await store.listKeys({ collection });
  const found = await store.ttlMany(names, { collection });
  return Object.fromEntries(names.map((name, i) => [name, found[i]?.ttl]));
}

describe("cachified on a store", () => {
  const rates = (store: AsyncKeyValue, options: { ttl?: number; swr?: number; value?: unknown } = {}) => {
    let made = 0;
    const { value, ...times } = options;
    return {
      get: () =>
        cachified<unknown>({
          cache: toCachified(store),
          key: "rates",
          ...times,
          getFreshValue: () => value ?? { made: ++made },
        }),
      made: () => made,
    };
  };

  it("keeps a value for its TTL, serves it stale for a while, and then makes it anew", () =>
    atTime(async (pass) => {
      const cached = rates(memoryStore(), { ttl: 60_000, swr: 30_000 });
      expect([await cached.get(), await cached.get()]).toEqual([{ made: 1 }, { made: 1 }]);
      pass(61);
      expect(await cached.get()).toEqual({ made: 1 });
      await new Promise((done) => setTimeout(done, 1));
      expect(await cached.get()).toEqual({ made: 2 });
      pass(91);
      expect(await cached.get()).toEqual({ made: 3 });
    }));

  it("leaves the store when it is of no more use, and stays where it is for ever", () =>
    atTime(async () => {
      const store = memoryStore();
      const cache = toCachified(store);
      const createdTime = Date.now() - 1000;
      const entry = (metadata: object) => ({ metadata: { createdTime, ...metadata }, value: 1 });
      await cache.set("stale", entry({ ttl: 10_000, swr: 5000 }));
      await cache.set("old name", entry({ ttl: 10_000, swv: 1000 }));
      await cache.set("null", entry({ ttl: null }));
      await cache.set("infinite", entry({ ttl: Number.POSITIVE_INFINITY, swr: 0 }));
      await cache.set("stale for ever", entry({ ttl: 1, swr: Number.POSITIVE_INFINITY }));
      await cache.set("over", entry({ ttl: null }));
      await cache.set("over", entry({ ttl: 500 }));
      expect(await ttls(store, "cachified")).toEqual({
        infinite: null,
        null: null,
        "old name": 10,
        stale: 14,
        "stale for ever": null,
      });
      expect((await cache.get("infinite"))?.metadata.ttl).toBe(null);
    }));

  it("lets a fresh value through that is not JSON, or that the store fails to keep", async () => {
    const cached = rates(memoryStore(), { value: new Map([[1, 2]]) });
    expect(await cached.get()).toEqual(new Map([[1, 2]]));
    const { store } = storeWith(() => ({
      write() {
        throw new KeyValueError("unavailable", "out of order");
      },
    }));
    expect(await rates(store).get()).toEqual({ made: 1 });
  });
});

describe("ocache on a store", () => {
  it("keeps the results of a function for their age, and makes them anew when they are invalidated", () =>
    atTime(async (pass) => {
      let made = 0;
      const store = memoryStore();
      const options = {
        storage: toOcacheStorage(store),
        maxAge: 60,
        swr: false,
        name: "rate",
        getKey: (key: string) => key,
      };
      const rate = defineCachedFunction(async (currency: string) => ({ currency, made: ++made }), options);
      expect([await rate("eur"), await rate("eur"), await rate("usd")].map((one) => one.made)).toEqual([1, 1, 2]);
      expect(Object.values((await ttls(store, "ocache")) as object)).toEqual([60, 60]);
      await invalidateCache({ options, args: ["eur"] });
      expect((await rate("eur")).made).toBe(3);
      pass(61);
      expect((await rate("eur")).made).toBe(4);
    }));

  it("keeps results that never age", () =>
    atTime(async (pass) => {
      for (const [name, age] of Object.entries({
        fixed: { maxAge: Number.POSITIVE_INFINITY },
        stale: { maxAge: Number.POSITIVE_INFINITY, swr: true, staleMaxAge: 60 },
      })) {
        let made = 0;
        const store = memoryStore();
        const errors: unknown[] = [];
        const options = {
          storage: toOcacheStorage(store),
          swr: false,
          name,
          ...age,
          onError: (e: unknown) => errors.push(e),
        };
        const rate = defineCachedFunction(async () => ({ made: ++made }), options);
        await rate();
        pass(100_000_000);
        expect([name, await rate(), errors]).toEqual([name, { made: 1 }, []]);
        expect(Object.values((await ttls(store, "ocache")) as object)).toEqual([null]);
      }
    }));

  it("knows how much the store takes for an entry", () => {
    expect(toOcacheStorage(memoryStore()).maxEntryBytes).toBe(undefined);
    expect(toOcacheStorage(limitSize(memoryStore(), { maxBytes: 1000 })).maxEntryBytes).toBe(1000);
  });
});

describe("Apollo's cache on a store", () => {
  it("keeps values under a prefix, for their TTL or the one that is set for all", () =>
    atTime(async () => {
      const store = memoryStore();
      const cache = new PrefixingKeyValueCache(toApolloCache(store, { ttl: 300 }), "apq:");
      await cache.set("own", "query", { ttl: 60 });
      await cache.set("null", "query", { ttl: null });
      await cache.set("zero", "query", { ttl: 0 });
      await cache.set("none", "query");
      await cache.set("for ever", "query", { ttl: Number.POSITIVE_INFINITY });
      expect(await ttls(store, "apollo")).toEqual({
        "apq:own": 60,
        "apq:null": 300,
        "apq:zero": 300,
        "apq:none": 300,
        "apq:for ever": null,
      });
      expect([await cache.get("own"), await cache.get("missing")]).toEqual(["query", undefined]);
      expect([await cache.delete("own"), await cache.delete("own")]).toEqual([true, false]);
    }));

  it("lets Apollo take a failure for a miss", async () => {
    const fail = () => {
      throw new KeyValueError("unavailable", "out of order");
    };
    const cache = new ErrorsAreMissesCache(toApolloCache(storeWith(() => ({ read: fail })).store));
    expect(await cache.get("k")).toBe(undefined);
  });
});

describe("an async map on a store", () => {
  it("memoizes a function until its TTL is over", () =>
    atTime(async (pass) => {
      let made = 0;
      const cache = toAsyncMap<{ made: number }>(memoryStore(), { ttl: 60 });
      const memoized = pMemoize(async (_key: string) => ({ made: ++made }), { cache });
      expect([await memoized("a"), await memoized("a"), await memoized("b")].map((one) => one.made)).toEqual([1, 1, 2]);
      expect([await cache.has("a"), await cache.delete("a"), await cache.delete("a")]).toEqual([true, true, false]);
      pass(61);
      expect(await cache.get("b")).toBe(undefined);
      expect((await memoized("b")).made).toBe(3);
    }));
});
