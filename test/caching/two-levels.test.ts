import { describe, expect, it } from "#test";
import { invalidateTags } from "../../src/cache-tags.ts";
import { cached } from "../../src/cached.ts";
import { cachedMany } from "../../src/cached-many.ts";
import { cachedResponse } from "../../src/cached-response.ts";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { sleep, withoutSwap } from "../support/caching.ts";
import { randomOf } from "../support/chaos.ts";
import { memoryDriverCalls } from "../support/driver-calls.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

/** Seconds for which an isolate may use what it has in memory. */
const NEARBY = 5;

/** An isolate with a memory of its own in front of a store that all share. */
const isolate = (shared: AsyncKeyValue, limits: { maxEntries?: number; maxBytes?: number } = {}): AsyncKeyValue =>
  cacheThrough(shared, memoryStore({ maxEntries: 100, ...limits }), { maxTtl: NEARBY, negativeTtl: NEARBY });

describe("cached with a memory in front of a store that isolates share", () => {
  it("asks the store once for many hits, and for no more keys than the memory has room for", async () => {
    const { store, calls } = memoryDriverCalls();
    await cached(store, async (id: number) => id, { key: String, ttl: 60 })(1);
    calls.length = 0;
    const get = cached(isolate(store, { maxEntries: 10 }), async (id: number) => id, { key: String, ttl: 60 });
    for (let i = 0; i < 100; i++) await get(1);
    expect(calls).toEqual(["read"]);
    for (let id = 0; id < 60; id++) await get(2 + (id % 30));
    calls.length = 0;
    await get(1);
    expect(calls).toEqual(["read"]);
  });

  it("still runs the function once for all isolates, and stores what it returns", async () => {
    await inVirtualTime(async () => {
      const shared = memoryStore();
      let calls = 0;
      const fn = async () => {
        await sleep(100);
        return ++calls;
      };
      const gets = Array.from({ length: 20 }, () => cached(isolate(shared), fn, { key: () => "k", ttl: 60 }));
      const all = () => Promise.all(gets.map((get) => get()));
      expect(new Set(await all())).toEqual(new Set([1]));
      await sleep(61_000);
      expect(new Set(await all())).toEqual(new Set([2]));
    });
  });

  it("is behind by what the memory keeps at most, and not at all for tags in a store of their own", async () => {
    for (const shared of [memoryStore(), withoutSwap()]) {
      await inVirtualTime(async () => {
        const stamps = memoryStore();
        let value = "old";
        const options = { key: () => "k", ttl: 3600, tags: ["t"], tagStore: stamps };
        const [here, there] = [1, 2].map(() => cached(isolate(shared), async () => value, options));
        expect([await here!(), await there!()]).toEqual(["old", "old"]);
        value = "new";
        await here!.refresh();
        expect([await here!(), await there!()]).toEqual(["new", "old"]);
        await sleep(NEARBY * 1000 + 1);
        expect(await there!()).toBe("new");
        value = "newest";
        await invalidateTags(stamps, ["t"]);
        expect([await there!(), await here!()]).toEqual(["newest", "newest"]);
      });
    }
  });

  it("keeps no more bytes than the memory may have, and asks the store for the rest", async () => {
    const { store, calls } = memoryDriverCalls();
    const page = (id: number) => String(id).repeat(1000);
    await cachedMany(store, async (ids: readonly number[]) => ids.map(page), { key: String, ttl: 60 })([1, 2, 3, 4]);
    const memory = memoryStore({ maxBytes: 3000 });
    const near = cacheThrough(store, memory, { maxTtl: NEARBY });
    const get = cached(near, async (id: number) => page(id), { key: String, ttl: 60 });
    calls.length = 0;
    for (const id of [1, 2, 3, 4, 4]) expect(await get(id)).toBe(page(id));
    expect([calls, (await memory.listKeys()).names.length]).toEqual([["read", "read", "read", "read"], 2]);
    await get(1);
    expect(calls.length).toBe(5);
  });

  it("asks the store once for many hits with tags where the memory remembers that there are no stamps", async () => {
    const { store, calls } = memoryDriverCalls();
    const readsOf = async (near: AsyncKeyValue) => {
      const get = cached(near, async (id: number) => id, { key: String, ttl: 60, tags: ["t"] });
      for (let i = 0; i < 3; i++) await get(1);
      calls.length = 0;
      for (let i = 0; i < 20; i++) await get(1);
      return calls.length;
    };
    expect(await readsOf(isolate(store))).toBe(0);
    expect(await readsOf(cacheThrough(store, memoryStore(), { maxTtl: NEARBY }))).toBe(20);
  });

  it("sees at once what its own isolate invalidates, a page too, and elsewhere within seconds", async () => {
    for (const shared of [memoryStore(), withoutSwap()]) {
      await inVirtualTime(async () => {
        let version = 1;
        const handler = () =>
          new Response(`version ${version}`, { headers: { "cache-control": "max-age=600", "cache-tag": "page" } });
        const stores = [isolate(shared), isolate(shared)];
        const pages = stores.map((store) => cachedResponse(handler, { store }));
        const ask = () => new Request("https://example.com/");
        const all = () => Promise.all(pages.map(async (page) => (await page(ask())).text()));
        const forget = [() => pages[0]!.invalidate(ask()), () => invalidateTags(stores[0]!, ["page"])];
        await pages[0]!(ask());
        await sleep(10);
        for (const invalidate of forget) {
          await all();
          const old = `version ${version}`;
          version++;
          await invalidate();
          expect(await all()).toEqual([`version ${version}`, old]);
          await sleep(NEARBY * 1000 + 1);
          expect(await all()).toEqual([`version ${version}`, `version ${version}`]);
        }
      });
    }
  });

  it("is never further behind than the memory may be, whoever invalidates and whatever is under way", async () => {
    for (const storeOf of [memoryStore, withoutSwap]) {
      for (let seed = 1; seed <= 3; seed++) {
        await inVirtualTime(async () => {
          const random = randomOf(seed);
          const shared = storeOf();
          const stores = [isolate(shared), isolate(shared), isolate(shared)];
          let version = 0;
          const fn = async () => {
            const seen = version;
            await sleep(random() * 2000);
            return seen;
          };
          const options = { key: () => "k", ttl: 20, staleWhileRevalidate: 0, tags: ["t"], lock: { ttl: 10 } };
          const gets = stores.map((store) => cached(store, fn, options));
          const invalidated: { at: number; by: number; version: number }[] = [];
          const problems: unknown[] = [];
          const visit = async (at: number) => {
            const start = Date.now();
            const answer = await gets[at]!.with({})();
            // What was invalidated before the call, by its own isolate or longer ago than the memory keeps anything.
            const known = invalidated.filter((one) => one.by === at || one.at <= start - NEARBY * 1000);
            const least = Math.max(0, ...known.filter((one) => one.at < start).map((one) => one.version));
            if (answer < least) problems.push({ seed, at: start, answer, least });
          };
          const visits: Promise<void>[] = [];
          for (let turn = 0; turn < 150; turn++) {
            await sleep(random() * 400);
            const at = Math.floor(random() * 3);
            if (random() < 0.1) {
              const made = ++version;
              await invalidateTags(stores[at]!, ["t"]);
              invalidated.push({ at: Date.now(), by: at, version: made });
            } else visits.push(visit(at));
          }
          await Promise.all(visits);
          expect(problems).toEqual([]);
        });
      }
    }
  });
});
