import { describe, expect, it } from "#test";
import { invalidateTags } from "../../src/cache-tags.ts";
import { cached } from "../../src/cached.ts";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { sleep, withoutSwap } from "../support/caching.ts";
import { memoryDriverCalls } from "../support/driver-calls.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

/** Seconds for which an isolate may use what it has in memory. */
const NEARBY = 5;

/** An isolate with a memory of its own in front of a store that all share. */
const isolate = (shared: AsyncKeyValue, maxEntries = 100): AsyncKeyValue =>
  cacheThrough(shared, memoryStore({ maxEntries }), { maxTtl: NEARBY });

describe("cached with a memory in front of a store that isolates share", () => {
  it("asks the store once for many hits, and for no more keys than the memory has room for", async () => {
    const { store, calls } = memoryDriverCalls();
    await cached(store, async (id: number) => id, { key: String, ttl: 60 })(1);
    calls.length = 0;
    const get = cached(isolate(store, 10), async (id: number) => id, { key: String, ttl: 60 });
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
});
