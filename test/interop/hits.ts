import { expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import type { CountingStore, HitStore } from "../../src/interop/internal/hits.ts";
import { atTime, storeWith } from "./support.ts";

/** What the stores of all rate limiters have in common. */
export function hitStoreTests(make: (store: CountingStore, options?: { collection?: string }) => HitStore): void {
  it("count a window from the first hit of a client, in every process alike", () =>
    atTime(async (pass) => {
      const store = memoryStore();
      const [one, two] = [make(store), make(store)];
      for (const limiter of [one, two]) limiter.init({ windowMs: 10_000 });
      const resetTime = new Date(Date.now() + 10_000);
      expect(await one.get("ann")).toBe(undefined);
      expect(await one.increment("ann")).toEqual({ totalHits: 1, resetTime });
      pass(4);
      expect(await two.increment("ann")).toEqual({ totalHits: 2, resetTime });
      expect(await one.get("ann")).toEqual({ totalHits: 2, resetTime });
      pass(5.9);
      expect((await one.increment("ann")).totalHits).toBe(3);
      pass(0.1);
      const next = new Date(Date.now() + 10_000);
      expect(await two.increment("ann")).toEqual({ totalHits: 1, resetTime: next });
      expect(await one.increment("ann")).toEqual({ totalHits: 2, resetTime: next });
    }));

  it("count each hit with one atomic call, and read the end of a window once", async () => {
    const calls: string[] = [];
    const { store } = storeWith(({ apply, read, swap }) => ({
      read(...args) {
        calls.push("read");
        return read(...args);
      },
      swap(...args) {
        calls.push("swap");
        return swap(...args);
      },
      apply(collection, key, operation, args) {
        calls.push(operation.name);
        return apply!(collection, key, operation, args);
      },
    }));
    const [one, two] = [make(store), make(store)];
    for (let times = 0; times < 3; times++) await one.increment("ann");
    expect(calls).toEqual(["increment", "increment", "increment"]);
    calls.length = 0;
    for (let times = 0; times < 3; times++) await two.increment("ann");
    expect(calls).toEqual(["increment", "read", "increment", "increment"]);
  });

  it("lose no hit when a thousand arrive together", async () => {
    const store = memoryStore();
    const limiters = [make(store), make(store)];
    const hits = Array.from({ length: 1000 }, (_, i) => limiters[i % 2]!.increment("ann"));
    const totals = (await Promise.all(hits)).map(({ totalHits }) => totalHits);
    expect(new Set(totals).size).toBe(1000);
    expect(Math.max(...totals)).toBe(1000);
  });

  it("take a hit back within its window, and never start one by that", () =>
    atTime(async (pass) => {
      const limiter = make(memoryStore());
      limiter.init({ windowMs: 10_000 });
      const { resetTime } = await limiter.increment("ann");
      await limiter.decrement("ann");
      await limiter.decrement("ann");
      pass(1);
      expect(await limiter.increment("ann")).toEqual({ totalHits: 1, resetTime });
      pass(10);
      await limiter.decrement("ann");
      expect(await limiter.get("ann")).toBe(undefined);
    }));

  it("forget one client, or all of a collection", async () => {
    const store = memoryStore();
    const [mine, other] = [make(store, { collection: "mine" }), make(store, { collection: "other" })];
    expect([mine.prefix, other.prefix]).toEqual(["mine:", "other:"]);
    for (const limiter of [mine, other]) for (const key of ["ann", "bob"]) await limiter.increment(key);
    await mine.resetKey("ann");
    expect((await mine.increment("ann")).totalHits).toBe(1);
    expect((await mine.increment("bob")).totalHits).toBe(2);
    await mine.resetAll?.();
    expect(await mine.get("bob")).toBe(undefined);
    expect((await other.get("bob"))?.totalHits).toBe(1);
  });

  it("need a store with atomic operations", () => {
    const { swap: _, ...weak } = toDriver(memoryStore());
    expect(() => make(createStore(weak) as never)).toThrow("needs a store with atomic operations; memory has none");
  });
}
