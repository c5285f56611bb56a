import { describe, expect, it } from "#test";
import { cached } from "../../src/cached.ts";
import { cachedResponse } from "../../src/cached-response.ts";
import { createStore, type KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { at, failure, sleep, withoutSwap } from "../support/caching.ts";
import { type ChaosOptions, chaos, type Fault, randomOf } from "../support/chaos.ts";

const options = { key: () => "k", ttl: 60 };

/** A store in memory that suffers, and what it has suffered. */
function suffering(how: ChaosOptions, target = memoryStore()) {
  const harness = chaos(toDriver(target), how);
  return { ...harness, store: createStore(harness.driver) };
}

describe("cached over a store that fails", () => {
  it("answers whatever happens to each of its calls, and tells the hook", async () => {
    for (const fault of ["fail", "lost", "corrupt", "late", "half"] as Fault[]) {
      for (let number = 0; number < 3; number++) {
        const plan = [...Array<undefined>(number), fault];
        const seen: unknown[] = [];
        let calls = 0;
        const { store, stop } = suffering({ plan });
        const get = cached(store, async () => ({ call: ++calls }), {
          ...options,
          lock: { ttl: 0.05 },
          onError: (error, key) => seen.push((error as KeyValueError).code, key),
        });
        expect(await get()).toEqual({ call: 1 });
        expect(seen).toEqual(fault === "late" || fault === "corrupt" ? [] : ["unavailable", "k"]);
        stop();
        // Whatever was left there is used, or passed over after the lease.
        expect((await get()).call <= 2).toBe(true);
        expect((await get()).call <= 2).toBe(true);
        expect(calls <= 2).toBe(true);
      }
    }
  });

  it("answers also where the store cannot swap", async () => {
    for (const plan of [["fail"], [undefined, "fail"], ["lost"], [undefined, "lost"]] as (Fault | undefined)[][]) {
      const { store } = suffering({ plan }, withoutSwap() as never);
      let calls = 0;
      const get = cached(store, async () => ++calls, options);
      expect([await get(), (await get()) <= 2]).toEqual([1, true]);
    }
  });

  it("fails the call when asked to, with the failure of the store", async () => {
    for (let number = 0; number < 3; number++) {
      const { store } = suffering({ plan: [...Array<undefined>(number), "fail"] });
      let calls = 0;
      const get = cached(store, async () => ++calls, { ...options, onStoreError: "throw" });
      const error = (await failure(get())) as KeyValueError;
      expect([error.code, calls]).toEqual(["unavailable", number < 2 ? 0 : 1]);
    }
  });

  it("keeps the failure of the function before that of the store", async () => {
    for (const onStoreError of ["ignore", "throw"] as const) {
      const { store } = suffering({ plan: [undefined, undefined, "fail"] });
      const error = new Error("of the function");
      const broken = async (): Promise<number> => {
        throw error;
      };
      expect(await failure(cached(store, broken, { ...options, onStoreError })())).toBe(error);
    }
  });

  it("fails an invalidation in any case: the old result would still be there", async () => {
    const { store } = suffering({ fail: 1, only: ["remove"] });
    const get = cached(store, async () => 1, options);
    await get();
    expect(((await failure(get.invalidate())) as KeyValueError).code).toBe("unavailable");
  });

  it("peeks at nothing when the store fails, unless asked to throw", async () => {
    const { store } = suffering({ fail: 1 });
    expect(await cached(store, async () => 1, options).peek()).toBe(null);
    const strict = cached(store, async () => 1, { ...options, onStoreError: "throw" });
    expect(((await failure(strict.peek())) as KeyValueError).code).toBe("unavailable");
  });

  it("does not hang with a store that hangs inside of a timeout", async () => {
    const { store, stop } = suffering({ hang: 1 });
    let calls = 0;
    const get = cached(timeout(store, { seconds: 0.02 }), async () => ++calls, options);
    expect([await get(), await get()]).toEqual([1, 2]);
    stop();
  });

  it("gives every caller an answer and each answer its age, under random faults from many objects", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = randomOf(seed);
      const faults = { fail: 0.1, lost: 0.1, late: 0.2, corrupt: 0, delay: 1 };
      const { store, stop } = suffering({ seed, ...faults });
      let calls = 0;
      const slow = async () => {
        const call = ++calls;
        await sleep(random() * 3);
        if (random() < 0.2) throw new Error("of the function");
        return call;
      };
      const more = { ...options, lock: { ttl: 0.02, wait: 0.02 }, ttl: 0.01, staleWhileRevalidate: 1, staleIfError: 1 };
      const gets = Array.from({ length: 5 }, () => cached(store, slow, more).with({}));
      const outcomes: unknown[] = [];
      for (let round = 0; round < 10; round++) {
        const all = gets.map(async (get, i) => {
          if (random() < 0.1) await get.invalidate().catch(() => {});
          outcomes.push(await (i === 0 && random() < 0.3 ? get.refresh() : get()).catch((error) => error.message));
        });
        await Promise.all(all);
      }
      expect(outcomes.length).toBe(50);
      for (const outcome of outcomes) {
        const fails = ["of the function", "the function failed for the caller that made the result"].includes(
          outcome as string,
        );
        const fits = fails || (typeof outcome === "number" && outcome >= 1 && outcome <= calls);
        expect([seed, outcome, fits]).toEqual([seed, outcome, true]);
      }
      stop();
      await sleep(25);
      // Whatever was left behind, the key is not wedged.
      const before = calls;
      const well = cached(store, async () => ++calls, more);
      await at(5_000, async () => expect(await well.with({})()).toBe(before + 1));
    }
  });
});

describe("cachedResponse over a store that fails", () => {
  it("answers whatever happens to each of its calls", async () => {
    for (const fault of ["fail", "lost", "corrupt", "late"] as Fault[]) {
      for (let number = 0; number < 12; number++) {
        const { store, stop } = suffering({ plan: [...Array<undefined>(number), fault] });
        let calls = 0;
        const handler = () => {
          calls++;
          return new Response("body", { headers: { vary: "a", "cache-control": "max-age=60" } });
        };
        const fetch = cachedResponse(handler, { store, lock: { ttl: 0.05 } }).with({});
        for (const _ of [1, 2, 3]) {
          const response = await fetch(new Request("https://example.com/"));
          // What is altered within its bounds cannot be told from what was meant.
          expect([200, fault === "corrupt" ? 201 : 200]).toContain(response.status);
          expect((await response.text()).length).toBe(4);
        }
        expect(calls <= 3).toBe(true);
        stop();
      }
    }
  });
});
