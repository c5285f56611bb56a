import { describe, expect, it } from "#test";
import { type CacheEvent, cached } from "../src/cached.ts";
import { type AnyDriver, createStore, KeyValueError, memoryStore, supports, toDriver } from "../src/index.ts";
import { encrypt } from "../src/wrappers/encrypt.ts";
import { prefixKeys } from "../src/wrappers/prefix-keys.ts";
import { at, deferred, failure, sleep, stopped, withoutSwap } from "./support/caching.ts";

/** A function that counts its calls and answers with their number. */
function counter() {
  const calls: unknown[][] = [];
  const fn = async (...args: unknown[]) => {
    calls.push(args);
    return calls.length;
  };
  return { fn, calls };
}

const byArgs = (...args: unknown[]) => args.join("/");

for (const [kind, storeOf] of [
  ["with swap", memoryStore],
  ["without swap", withoutSwap],
] as const) {
  describe(`cached over a store ${kind}`, () => {
    it("calls the function once for a key while its result is fresh", async () => {
      const { fn, calls } = counter();
      const get = cached(storeOf(), fn, { key: byArgs, ttl: 10 });
      const start = Date.now();
      await stopped(start, async () => {
        expect([await get("a", 1), await get("a", 1), await get("b", 2)]).toEqual([1, 1, 2]);
      });
      expect(calls).toEqual([
        ["a", 1],
        ["b", 2],
      ]);
      await stopped(start + 9_999, async () => expect(await get("a", 1)).toBe(1));
      await stopped(start + 10_000, async () => expect(await get("a", 1)).toBe(3));
    });

    it("keeps results of any JSON kind, null and undefined included", async () => {
      for (const value of [null, undefined, false, 0, "", [], {}, [null], { __proto__: null, a: [1, { b: null }] }]) {
        let calls = 0;
        const get = cached(
          storeOf(),
          async () => {
            calls++;
            return value;
          },
          { key: () => "k", ttl: 10 },
        );
        await get();
        expect(await get()).toEqual(
          value === null || typeof value !== "object" ? value : JSON.parse(JSON.stringify(value)),
        );
        expect(calls).toBe(1);
      }
    });

    it("keeps null and undefined for their own TTL, or not at all", async () => {
      let answer: string | null | undefined = null;
      let calls = 0;
      const options = { key: () => "k", ttl: 100, staleWhileRevalidate: 100, staleIfError: 100 };
      const get = cached(
        storeOf(),
        async () => {
          calls++;
          return answer;
        },
        { ...options, negativeTtl: 5 },
      );
      const start = Date.now();
      await stopped(start, async () => expect([await get(), await get(), calls]).toEqual([null, null, 1]));
      answer = "there";
      await stopped(start + 4_999, async () => expect(await get()).toBe(null));
      await stopped(start + 5_000, async () => expect([await get(), calls]).toEqual(["there", 2]));
      await stopped(start + 104_999, async () => expect([await get(), calls]).toEqual(["there", 2]));

      const never = cached(storeOf(), async () => void calls++, { ...options, negativeTtl: 0 });
      calls = 0;
      expect([await never(), await never(), calls]).toEqual([undefined, undefined, 2]);
      expect(await never.peek()).toBe(null);
    });

    it("answers with copies", async () => {
      const get = cached(storeOf(), async () => ({ list: [1] }), { key: () => "k", ttl: 10 });
      (await get()).list.push(2);
      (await get()).list.push(3);
      (await get.peek())?.value.list.push(4);
      expect(await get()).toEqual({ list: [1] });
      const scope = {};
      const slow = cached(storeOf(), async () => ({ list: [1] }), { key: () => "k", ttl: 10 }).with(scope);
      const [one, two] = await Promise.all([slow(), slow()]);
      one.list.push(2);
      expect(two).toEqual({ list: [1] });
    });

    it("answers with the old result at once while one caller makes the next", async () => {
      let calls = 0;
      const works: Promise<unknown>[] = [];
      const next = deferred<number>();
      const get = cached(storeOf(), async () => (++calls === 1 ? 1 : next.promise), {
        key: () => "k",
        ttl: 10,
        staleWhileRevalidate: 20,
        waitUntil: (work) => works.push(work),
      });
      await get();
      await Promise.all(works);
      await at(15_000, async () => {
        expect([await get(), await get(), await get()]).toEqual([1, 1, 1]);
        expect(calls).toBe(2);
        next.resolve(2);
        await Promise.all(works);
        expect([await get(), calls]).toEqual([2, 2]);
      });
    });

    it("waits for the next result when the old one is older than it may be", async () => {
      const { fn } = counter();
      const get = cached(storeOf(), fn, { key: () => "k", ttl: 10, staleWhileRevalidate: 20 });
      await get();
      await at(30_010, async () => expect(await get()).toBe(2));
    });

    it("lets the old result stand in for a failure, for as long as it may, and says so", async () => {
      let broken = false;
      const seen: unknown[] = [];
      const error = new Error("down");
      const get = cached(
        storeOf(),
        async () => {
          if (broken) throw error;
          return "old";
        },
        { key: () => "k", ttl: 10, staleIfError: 60, onError: (...told) => seen.push(told) },
      );
      expect(await get()).toBe("old");
      broken = true;
      await at(20_000, async () => {
        expect([await get(), await get()]).toEqual(["old", "old"]);
        expect(seen).toEqual([
          [error, "k"],
          [error, "k"],
        ]);
        expect(await failure(get.refresh())).toBe(error);
      });
      await at(70_010, async () => expect(await failure(get())).toBe(error));
    });

    it("passes failures of the function on untouched, and keeps none", async () => {
      let calls = 0;
      const error = { not: "even an Error" };
      const get = cached(
        storeOf(),
        async () => {
          if (++calls < 3) throw error;
          return calls;
        },
        { key: () => "k", ttl: 10 },
      );
      expect([await failure(get()), await failure(get()), await get(), await get()]).toEqual([error, error, 3, 3]);
      const sync = cached(
        storeOf(),
        (): number => {
          throw error;
        },
        { key: () => "k", ttl: 10 },
      );
      expect(await failure(sync())).toBe(error);
    });

    it("tells a hook of a background failure, keeps the old result, and tries again at the next call", async () => {
      let calls = 0;
      const seen: unknown[] = [];
      const works: Promise<unknown>[] = [];
      const get = cached(
        storeOf(),
        async () => {
          if (++calls === 2) throw new Error("down");
          return calls;
        },
        {
          key: () => "k",
          ttl: 10,
          staleWhileRevalidate: 60,
          waitUntil: (work) => works.push(work),
          onError: (error) => {
            seen.push((error as Error).message);
            throw new Error("the hook fails as well");
          },
        },
      );
      await get();
      await Promise.all(works);
      await at(20_000, async () => {
        expect(await get()).toBe(1);
        await Promise.all(works);
        expect([seen, calls]).toEqual([["down"], 2]);
        expect(await get()).toBe(1);
        await Promise.all(works);
        expect([await get(), calls]).toEqual([3, 3]);
      });
    });

    it("shortens each TTL at random by at most the share of the jitter", async () => {
      const { random } = Math;
      try {
        for (const [chance, end] of [
          [0, 100],
          [0.5, 90],
          [0.999, 80.02],
        ] as const) {
          Math.random = () => chance;
          const get = cached(storeOf(), async () => 1, { key: () => "k", ttl: 100, jitter: 0.2 });
          await get();
          Math.random = random;
          const ttl = (await get.peek())?.ttl ?? 0;
          expect(Math.abs(ttl - end) < 0.1).toBe(true);
        }
      } finally {
        Math.random = random;
      }
    });

    it("takes the TTL of each result from a function", async () => {
      const { fn } = counter();
      const get = cached(storeOf(), fn, { key: byArgs, ttl: (n, name) => (name === "over" ? 0 : n * 10) });
      await get("a");
      await get("b");
      expect(Math.round((await get.peek("a"))?.ttl ?? 0)).toBe(10);
      expect(Math.round((await get.peek("b"))?.ttl ?? 0)).toBe(20);
      await get("over");
      expect(await get.peek("over")).toBe(null);
    });

    it("uses and keeps only what validate accepts", async () => {
      const store = storeOf();
      const options = { key: () => "k", ttl: 10 };
      const old = cached(store, async (): Promise<unknown> => ({ v: 1 }), options);
      await old();
      let calls = 0;
      const validate = (value: unknown) => {
        if (value === null) throw new Error("not even an object");
        return (value as { v: number }).v === 2;
      };
      const results: unknown[] = [{ v: 1 }, null, { v: 2 }];
      const get = cached(store, async () => results[calls++], { ...options, validate });
      expect(await get.peek()).toBe(null);
      await get();
      expect(await get.peek()).toBe(null);
      calls = 0;
      expect([await get(), await get(), await get(), await get()]).toEqual([{ v: 1 }, null, { v: 2 }, { v: 2 }]);
      expect(calls).toBe(3);
      const later = cached(store, async () => 0, { ...options, validate: async () => false });
      expect(await later()).toBe(0);
    });

    it("takes nothing for a result that something else has put under the key", async () => {
      const endless = { __cached__: { at: -1e300, fresh: 1e300, stale: 1e300, onError: 1e300 }, value: 1 };
      for (const foreign of [1, "text", [1], { __cached__: 1 }, { __cached__: { at: "x" }, value: 1 }, endless]) {
        const store = storeOf();
        await store.put("k", foreign);
        const get = cached(store, async () => "mine", { key: () => "k", ttl: 10 });
        expect([await get.peek(), await get(), (await get.peek())?.value]).toEqual([null, "mine", "mine"]);
      }
    });

    it("keeps results in its collection", async () => {
      const store = storeOf();
      const options = { key: () => "k", ttl: 10 };
      const one = cached(store, async () => 1, { ...options, collection: "one" });
      const two = cached(store, async () => 2, { ...options, collection: "two" });
      expect([await one(), await two(), await one(), await two()]).toEqual([1, 2, 1, 2]);
      await one.invalidate();
      expect([await one.peek(), (await two.peek())?.value]).toEqual([null, 2]);
    });

    it("peeks without calling the function", async () => {
      const { fn, calls } = counter();
      const get = cached(storeOf(), fn, { key: byArgs, ttl: 10, staleIfError: 20 });
      expect(await get.peek("a")).toBe(null);
      expect(calls.length).toBe(0);
      await get("a");
      await at(4_000, async () => {
        const { value, age, ttl, stale } = (await get.peek("a"))!;
        expect([value, Math.round(age), Math.round(ttl), stale]).toEqual([1, 4, 6, false]);
      });
      await at(14_000, async () => {
        const { value, age, ttl, stale } = (await get.peek("a"))!;
        expect([value, Math.round(age), Math.round(ttl), stale]).toEqual([1, 14, -4, true]);
      });
      await at(31_000, async () => expect(await get.peek("a")).toBe(null));
    });

    it("refreshes whatever is kept, and forgets by invalidating", async () => {
      const { fn } = counter();
      const get = cached(storeOf(), fn, { key: byArgs, ttl: 10 });
      expect([await get("a"), await get.refresh("a"), await get("a")]).toEqual([1, 2, 2]);
      await get.invalidate("a");
      await get.invalidate("never there");
      expect([await get.peek("a"), await get("a")]).toEqual([null, 3]);
    });

    it("does not let a slow call bring back what was invalidated while it ran, nor lets a new call join it", async () => {
      const first = deferred<string>();
      const answers = [first.promise, Promise.resolve("new")];
      const get = cached(storeOf(), () => answers.shift()!, { key: () => "k", ttl: 10 }).with({});
      const slow = get();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await get.invalidate();
      expect(await get()).toBe("new");
      first.resolve("old");
      expect(await slow).toBe("old");
      expect([await get(), (await get.peek())?.value]).toEqual(["new", "new"]);
    });

    it("keeps nothing of a slow call that ends after an invalidation, or is being stored then", async () => {
      const slow = deferred<string>();
      const store = storeOf();
      const get = cached(store, () => slow.promise, { key: () => "k", ttl: 10 });
      const slowly = get();
      await sleep(5);
      await get.invalidate();
      slow.resolve("old");
      expect([await slowly, await get.peek()]).toEqual(["old", null]);

      const driver = toDriver(storeOf()) as AnyDriver;
      const write: typeof driver.write = async (...args) => {
        await get2.invalidate();
        await driver.write(...args);
      };
      const get2 = cached(createStore({ ...driver, write }), async () => "old", {
        key: () => "k",
        ttl: 10,
        lock: false,
      });
      expect([await get2(), await get2.peek()]).toEqual(["old", null]);
    });

    it("does not let a slow call overwrite what a later refresh has made", async () => {
      const first = deferred<string>();
      const answers = [first.promise, Promise.resolve("new")];
      const get = cached(storeOf(), () => answers.shift()!, { key: () => "k", ttl: 10 });
      const slow = get();
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await get.refresh()).toBe("new");
      first.resolve("old");
      expect(await slow).toBe("old");
      expect((await get.peek())?.value).toBe("new");
    });

    it("shares one call among 1,000 callers of one scope, and its failure too, for copies of its result", async () => {
      let calls = 0;
      const get = cached(
        storeOf(),
        async (fails: boolean) => {
          calls++;
          await new Promise((resolve) => setTimeout(resolve, 10));
          if (fails) throw new Error("down");
          return { n: calls };
        },
        { key: String, ttl: 10 },
      ).with({});
      const all = await Promise.all(Array.from({ length: 1000 }, () => get(false)));
      expect([calls, all.every(({ n }) => n === 1), new Set(all).size]).toEqual([1, true, 1000]);
      const failed = await Promise.all(Array.from({ length: 1000 }, () => failure(get(true))));
      expect([calls, new Set(failed).size]).toEqual([2, 1]);
    });

    it("gives what goes on after the answer to the scope, as a method, before the option", async () => {
      const option: unknown[] = [];
      class Context {
        works: Promise<unknown>[] = [];
        waitUntil(work: Promise<unknown>) {
          this.works.push(work);
        }
      }
      const { fn } = counter();
      const waitUntil = (work: Promise<unknown>) => option.push(work);
      const get = cached(storeOf(), fn, { key: byArgs, ttl: 10, waitUntil, staleWhileRevalidate: 10 });
      const ctx = new Context();
      await get.with(ctx)("a");
      await Promise.all(ctx.works);
      await at(15_000, async () => expect(await get.with(ctx)("a")).toBe(1));
      expect([ctx.works.length >= 2, option.length]).toEqual([true, 0]);
      await Promise.all(ctx.works);
      await get("b");
      expect(option.length).toBe(1);
      await get.with({})("c");
      expect(option.length).toBe(2);
    });

    it("counts a result that JSON would change as a failure of the store", async () => {
      const seen: unknown[] = [];
      const options = { key: () => "k", ttl: 10 };
      const date = new Date(0);
      const get = cached(storeOf(), async () => ({ date }), { ...options, onError: (error) => seen.push(error) });
      expect([(await get()).date, (await get()).date]).toEqual([date, date]);
      expect(seen.map((error) => [(error as KeyValueError).code, (error as KeyValueError).message])).toEqual([
        ["not_serializable", "value.date is an instance of Date"],
        ["not_serializable", "value.date is an instance of Date"],
      ]);
      const strict = cached(storeOf(), async () => ({ date }), { ...options, onStoreError: "throw" });
      expect(((await failure(strict())) as KeyValueError).code).toBe("not_serializable");
    });
  });
}

describe("cached", () => {
  it("lets scopes of one isolate wait for one call, and have copies of its result or its failure", async () => {
    let calls = 0;
    const slow = async (fails: boolean) => {
      calls++;
      await sleep(5);
      if (fails) throw new Error("down");
      return { list: [1] };
    };
    for (const store of [memoryStore(), withoutSwap()]) {
      calls = 0;
      const get = cached(store, slow, { key: String, ttl: 10 });
      const [one, two] = [{}, {}];
      const scopes = [one, one, two, two];
      const lists = await Promise.all(scopes.map((scope) => get.with(scope)(false)));
      lists[0]?.list.push(2);
      expect([calls, lists.slice(1)]).toEqual([1, [{ list: [1] }, { list: [1] }, { list: [1] }]]);
      calls = 0;
      await get.invalidate(false);
      await Promise.all([get(false), get(false), get(false)]);
      expect(calls).toBe(1);
      await get.with({})(false);
      expect(calls).toBe(1);
      const failures = await Promise.all(scopes.map((scope) => failure(get.with(scope)(true))));
      expect([calls, new Set(failures).size]).toEqual([2, 1]);
    }
  });

  it("lets each scope call the function for results that only the request may have that made them", async () => {
    let calls = 0;
    const get = cached(
      withoutSwap(),
      async () => {
        calls++;
        await sleep(5);
        return new Response("body");
      },
      { key: () => "k", ttl: 10 },
    );
    const responses = await Promise.all([get.with({})(), get.with({})(), get.with({})()]);
    expect([calls, new Set(responses).size]).toEqual([3, 3]);
  });

  it("returns a result whose TTL is no number, tells the hook, and does not keep it", async () => {
    for (const ttl of [Number.NaN, Number.POSITIVE_INFINITY, "60" as never]) {
      const seen: unknown[] = [];
      const onError = (error: unknown) => seen.push((error as KeyValueError).code);
      const get = cached(memoryStore(), async () => 1, { key: () => "k", ttl: () => ttl, onError });
      expect([await get(), await get.peek(), seen]).toEqual([1, null, ["invalid_ttl"]]);
    }
    const strict = cached(memoryStore(), async () => 1, {
      key: () => "k",
      ttl: () => Number.NaN,
      onStoreError: "throw",
    });
    expect(((await failure(strict())) as KeyValueError).code).toBe("invalid_ttl");
  });

  it("answers whatever its hooks and waitUntil throw, and stores the result nevertheless", async () => {
    class Context {
      #works: Promise<unknown>[] = [];
      waitUntil(work: Promise<unknown>) {
        this.#works.push(work);
      }
    }
    const { waitUntil } = new Context();
    const fails = () => {
      throw new Error("of a hook");
    };
    const seen: string[] = [];
    const onError = (error: unknown) => {
      seen.push((error as Error).name);
      fails();
    };
    const get = cached(memoryStore(), async () => 1, { key: () => "k", ttl: 10, waitUntil, onError, onEvent: fails });
    expect([await get(), (await get.peek())?.value, seen]).toEqual([1, 1, ["TypeError"]]);
  });

  it("handles hooks that are asynchronous and fail, which would end the process otherwise", async () => {
    const handled = new Set<string>();
    const failing = (name: string) => () => ({
      // biome-ignore lint/suspicious/noThenProperty: this is what a promise is
      then: (_: unknown, handle?: unknown) => handle && handled.add(name),
    });
    const hooks = { onEvent: failing("onEvent"), onError: failing("onError"), waitUntil: failing("waitUntil") };
    const get = cached(memoryStore(), async () => new Date(1), { key: () => "k", ttl: 10, ...(hooks as object) });
    expect(await get()).toEqual(new Date(1));
    await sleep(1);
    expect([...handled].sort()).toEqual(["onError", "onEvent", "waitUntil"]);
  });

  it("tells of hits, stale results, misses, waits, refreshes and errors", async () => {
    const events: CacheEvent[] = [];
    let fails = false;
    const get = cached(
      memoryStore(),
      async () => {
        await sleep(5);
        if (fails) throw new Error("down");
        return 1;
      },
      { key: () => "k", ttl: 10, staleWhileRevalidate: 10, onEvent: (event) => events.push(event) },
    );
    const types = () => events.splice(0).map(({ type }) => type);
    await Promise.all([get.with({})(), get.with({})()]);
    expect(types().sort()).toEqual(["miss", "wait"]);
    await get();
    await get.refresh();
    expect(types()).toEqual(["hit", "refresh"]);
    fails = true;
    await at(15_000, async () => {
      await get();
      await sleep(20);
      const [stale, error] = events.splice(0);
      expect([stale?.type, Math.round(stale?.age ?? 0), error?.type]).toEqual(["stale", 15, "error"]);
    });
  });

  it("works through wrappers, and through a store that is not ours", async () => {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const wrapped = encrypt(prefixKeys(memoryStore(), "p:"), { keys: [{ id: "1", key: secret }] });
    expect(supports(wrapped, "swap")).toBe(true);
    const spread = { ...memoryStore() };
    for (const store of [wrapped, spread]) {
      const { fn } = counter();
      const get = cached(store, fn, { key: () => "k", ttl: 10 });
      expect([await get(), await get(), await get.refresh(), (await get.peek())?.value]).toEqual([1, 1, 2, 2]);
      await get.invalidate();
      expect(await get.peek()).toBe(null);
    }
  });

  it("reads once for a fresh result, and with a lease takes three calls for a new one", async () => {
    const calls: string[] = [];
    const driver = toDriver(memoryStore());
    const watched = createStore({
      ...driver,
      read: (...args: Parameters<typeof driver.read>) => {
        calls.push("read");
        return driver.read(...args);
      },
      swap: (...args: Parameters<typeof driver.swap>) => {
        calls.push("swap");
        return driver.swap(...args);
      },
    });
    const get = cached(watched, async () => 1, { key: () => "k", ttl: 10 });
    await get();
    expect(calls.splice(0)).toEqual(["read", "swap", "swap"]);
    await get();
    expect(calls.splice(0)).toEqual(["read"]);
  });

  it("refuses wrong arguments at once, and wrong keys at the call", async () => {
    const store = memoryStore();
    const fn = async () => 1;
    const good = { key: () => "k", ttl: 10 };
    const refused = (make: () => unknown) => {
      try {
        make();
      } catch (error) {
        return error instanceof KeyValueError ? error.code : (error as Error).name;
      }
      return "nothing";
    };
    expect(refused(() => cached(store, 1 as never, good))).toBe("TypeError");
    expect(refused(() => cached(store, fn, { ttl: 1 } as never))).toBe("TypeError");
    expect(refused(() => cached(store, fn, { ...good, jitter: 2 }))).toBe("TypeError");
    expect(refused(() => cached(store, fn, { ...good, onStoreError: "maybe" as never }))).toBe("TypeError");
    expect(refused(() => cached(store, fn, good).with(1 as never))).toBe("TypeError");
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1"]) {
      expect(refused(() => cached(store, fn, { ...good, ttl: ttl as number }))).toBe("invalid_ttl");
      expect(refused(() => cached(store, fn, { ...good, lock: { ttl: ttl as number } }))).toBe("invalid_ttl");
    }
    for (const name of ["negativeTtl", "staleWhileRevalidate", "staleIfError"]) {
      expect(refused(() => cached(store, fn, { ...good, [name]: -1 }))).toBe("invalid_ttl");
    }
    expect(refused(() => cached(store, fn, { ...good, lock: { wait: -1 } }))).toBe("invalid_ttl");
    const get = cached(store, fn, { ...good, key: (() => 1) as never });
    expect(((await failure(get())) as Error).name).toBe("TypeError");
  });
});
