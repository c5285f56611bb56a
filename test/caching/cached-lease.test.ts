import { describe, expect, it } from "#test";
import { cached } from "../../src/cached.ts";
import { createStore, type Driver, type KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { at, deferred, failure, sleep } from "../support/caching.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

const options = { key: () => "k", ttl: 60 };

const memory = memoryStore();

/** A driver whose caller can be stopped: from then on its writes never happen, as those of a request that is gone. */
function crashing() {
  const driver = toDriver(memory) as Driver<"swap">;
  let stopped = false;
  const swap: typeof driver.swap = (...args) => (stopped ? new Promise<never>(() => {}) : driver.swap(...args));
  return {
    driver: { ...driver, swap },
    stop: () => {
      stopped = true;
    },
  };
}

/** The same function over the same store as many isolates would have it: objects of their own that share no memory. */
function isolates<R>(count: number, fn: () => Promise<R>, more: object = {}, store = memoryStore()) {
  return Array.from({ length: count }, () => cached(store, fn, { ...options, ...more }).with({}));
}

describe("a lease in the store", () => {
  it("delays no refresh when it is damaged and ends in the far future", () =>
    inVirtualTime(async (time) => {
      const store = memoryStore();
      const place = { collection: "results" };
      let calls = 0;
      const works: Promise<unknown>[] = [];
      const waitUntil = (work: Promise<unknown>) => void works.push(work);
      const more = { ...place, staleWhileRevalidate: 3600, waitUntil };
      const gets = isolates(2, async () => ++calls, more, store);
      expect(await gets[0]!()).toBe(1);
      const lease = { id: "i", holder: "h", beat: 0, length: 1000, until: 8.64e15 };
      const withLease = (slot: { __cached__: object } | null) => ({
        ...slot,
        __cached__: { ...slot?.__cached__, lease },
      });
      await store.update("k", withLease, place);
      time.jump(61_000);
      expect(await gets[1]!()).toBe(1);
      await Promise.all(works);
      expect([await gets[1]!(), calls]).toEqual([2, 2]);
    }));

  it("lets a stampede of 1,000 misses run the function once, within one object", async () => {
    let calls = 0;
    const get = cached(
      memoryStore(),
      async () => {
        await sleep(20);
        return ++calls;
      },
      options,
    );
    const answers = await Promise.all(Array.from({ length: 1000 }, () => get()));
    expect([calls, new Set(answers)]).toEqual([1, new Set([1])]);
  });

  it("lets a stampede of 1,000 misses run the function once, from 50 objects that share nothing but the store", async () => {
    let calls = 0;
    const gets = isolates(50, async () => {
      await sleep(20);
      return ++calls;
    });
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => gets[i % 50]!()));
    expect([calls, new Set(answers)]).toEqual([1, new Set([1])]);
  });

  it("lets one of 50 objects make the next result while all answer with the old one", async () => {
    let calls = 0;
    const next = deferred<number>();
    const works: Promise<unknown>[] = [];
    const more = { staleWhileRevalidate: 60, waitUntil: (work: Promise<unknown>) => works.push(work) };
    const gets = isolates(50, async () => (++calls === 1 ? 1 : next.promise), more);
    await gets[0]!();
    await Promise.all(works);
    await at(70_000, async () => {
      const answers = await Promise.all(gets.map((get) => get()));
      await sleep(5);
      expect([calls, new Set(answers)]).toEqual([2, new Set([1])]);
      // The others do not even wait in the background.
      const waiting = works.map((work) => Promise.race([work.then(() => false), sleep(5).then(() => true)]));
      expect((await Promise.all(waiting)).filter(Boolean).length).toBe(1);
      next.resolve(2);
      await Promise.all(works);
      expect([await gets[7]!(), calls]).toEqual([2, 2]);
    });
  });

  it("passes on when the function takes longer than lock.ttl, since it may never end", async () => {
    await inVirtualTime(async (time) => {
      for (const lock of [{ ttl: 5 }, { ttl: 5, wait: 60 }, { ttl: 5, wait: 0 }]) {
        for (const same of [true, false]) {
          const store = memoryStore();
          let calls = 0;
          const hangs = () => (++calls === 1 ? new Promise<number>(() => {}) : Promise.resolve(calls));
          const [one, two] = isolates(2, hangs, { lock }, store);
          void one!();
          await sleep(10);
          const next = same ? one! : two!;
          const begun = time.elapsed();
          if (lock.wait !== 0 || same) await sleep(5001);
          expect([await next.with({})(), await next.with({})(), calls]).toEqual([2, 2, 2]);
          expect(time.elapsed() - begun).toBeLessThan(7000);
        }
      }
    });
  });

  it("passes to one of many when its holder crashes while an old result is served", async () => {
    const store = memoryStore();
    const more = { staleWhileRevalidate: 600, lock: { ttl: 5 } };
    const [first] = isolates(1, async () => 1, more, store);
    await first!();
    let calls = 0;
    const crashing = isolates(
      10,
      () => {
        calls++;
        return new Promise<number>(() => {});
      },
      more,
      store,
    );
    await at(61_000, async () => {
      expect(new Set(await Promise.all(crashing.map((get) => get())))).toEqual(new Set([1]));
      await sleep(5);
      expect(calls).toBe(1);
    });
    const works: Promise<unknown>[] = [];
    const waitUntil = (work: Promise<unknown>) => works.push(work);
    const well = isolates(
      10,
      async () => {
        await sleep(1);
        return ++calls;
      },
      { ...more, waitUntil },
      store,
    );
    await at(66_500, async () => {
      expect(new Set(await Promise.all(well.map((get) => get())))).toEqual(new Set([1]));
      await Promise.all(works);
      expect([await well[3]!(), calls]).toEqual([2, 2]);
    });
  });

  it("is waited for no longer than asked; whoever then calls the function is the first to leave a result", async () => {
    let calls = 0;
    const slow = deferred<string>();
    const store = memoryStore();
    const [first] = isolates(
      1,
      () => {
        calls++;
        return slow.promise;
      },
      {},
      store,
    );
    const slowly = first!();
    await sleep(5);
    const [impatient] = isolates(
      1,
      async () => {
        calls++;
        return "impatient";
      },
      { lock: { wait: 0.05 } },
      store,
    );
    const begun = performance.now();
    expect(await impatient!()).toBe("impatient");
    expect([calls, performance.now() - begun < 1000]).toEqual([2, true]);
    slow.resolve("slow");
    expect([await slowly, await impatient!()]).toEqual(["slow", "impatient"]);
  });

  it("lets a holder that is slower than its lease keep its result, unless another one was faster", async () => {
    const store = memoryStore();
    const [slow, fast] = [deferred<string>(), deferred<string>()];
    const [one] = isolates(1, () => slow.promise, { lock: { ttl: 5 } }, store);
    const [two] = isolates(1, () => fast.promise, { lock: { ttl: 5 } }, store);
    const slowly = one!();
    await sleep(5);
    await at(20_000, async () => {
      const other = two!();
      await sleep(5);
      await store.cull();
      slow.resolve("slow");
      expect([await slowly, (await one!.peek())?.value]).toEqual(["slow", "slow"]);
      fast.resolve("late");
      expect([await other, (await one!.peek())?.value]).toEqual(["late", "slow"]);
    });
  });

  it("lets a holder that is slower than its lease keep its result when nobody has taken over", async () => {
    const store = memoryStore();
    const slow = deferred<string>();
    const [one] = isolates(1, () => slow.promise, { lock: { ttl: 5 } }, store);
    const slowly = one!();
    await sleep(5);
    await at(20_000, async () => {
      await store.cull();
      slow.resolve("slow");
      expect([await slowly, (await one!.peek())?.value]).toEqual(["slow", "slow"]);
    });
  });

  it("is known to its holder by a client that sends a swap twice and is told of the second", async () => {
    const driver = toDriver(memoryStore()) as Driver<"swap">;
    const swap: typeof driver.swap = async (...args) => {
      await driver.swap(...args);
      return driver.swap(...args);
    };
    let calls = 0;
    const get = cached(createStore({ ...driver, swap }), async () => ++calls, { ...options, lock: { ttl: 600 } });
    expect([await get(), await get(), calls]).toEqual([1, 1, 1]);
  });

  it("fences off a holder whose entry was invalidated, from whichever object", async () => {
    const store = memoryStore();
    const slow = deferred<string>();
    const [one] = isolates(1, () => slow.promise, {}, store);
    const [two] = isolates(1, async () => "new", {}, store);
    const slowly = one!();
    await sleep(5);
    await two!.invalidate();
    slow.resolve("old");
    expect([await slowly, await two!.peek()]).toEqual(["old", null]);
    expect([await one!.with({})(), await two!()]).toEqual(["old", "old"]);
  });

  it("fences off a holder that another object's refresh has passed, during and after it", async () => {
    for (const refreshEndsFirst of [true, false]) {
      const store = memoryStore();
      const [slow, fresh] = [deferred<string>(), deferred<string>()];
      const [one] = isolates(1, () => slow.promise, {}, store);
      const [two] = isolates(1, () => fresh.promise, {}, store);
      const slowly = one!();
      await sleep(5);
      const refreshing = two!.refresh();
      await sleep(5);
      const ends = [
        () => {
          fresh.resolve("new");
          return refreshing;
        },
        () => {
          slow.resolve("old");
          return slowly;
        },
      ];
      for (const end of refreshEndsFirst ? ends : ends.reverse()) await end();
      expect((await two!.peek())?.value).toBe("new");
    }
  });

  it("ends with a failure for all who waited for that very run, also elsewhere; the next caller starts at once", async () => {
    const store = memoryStore();
    const error = new Error("down");
    const broken = deferred<string>();
    let calls = 0;
    const [one] = isolates(1, () => broken.promise, {}, store);
    const others = isolates(
      3,
      async () => {
        calls++;
        return "well";
      },
      {},
      store,
    );
    const failing = failure(one!());
    await sleep(5);
    const waiting = others.map((get) => failure(get()));
    await sleep(5);
    broken.reject(error);
    const failures = (await Promise.all(waiting)) as KeyValueError[];
    expect([await failing, failures.map(({ code }) => code), calls]).toEqual([
      error,
      ["unavailable", "unavailable", "unavailable"],
      0,
    ]);
    expect([await others[0]!(), calls]).toEqual(["well", 1]);
  });

  it("is renewed while its holder lives, and passes on within about a second when it does not", async () => {
    await inVirtualTime(async (time) => {
      for (const crashes of [false, true]) {
        const { driver, stop } = crashing();
        const store = createStore(driver);
        let calls = 0;
        const fn = async () => {
          const call = ++calls;
          if (call === 1) {
            if (crashes) stop();
            await sleep(5000);
          }
          return call;
        };
        const options = { key: () => "k", ttl: 60 };
        const begun = time.elapsed();
        const first = cached(store, fn, options)();
        await sleep(100);
        // It has a store of its own, which does not stop.
        const other = cached(createStore(toDriver(memory)), fn, options);
        expect(await other()).toBe(crashes ? 2 : 1);
        const waited = time.elapsed() - begun;
        expect(crashes ? waited < 2500 : waited >= 5000).toBe(true);
        if (!crashes) await first;
        await other.invalidate();
      }
    });
  });

  it("is watched and not measured by the clock, so that clocks that disagree cost no second run", async () => {
    await inVirtualTime(async () => {
      const { now } = Date;
      const store = memoryStore();
      let calls = 0;
      const fn = async () => {
        const call = ++calls;
        await sleep(3000);
        return call;
      };
      const options = { key: () => "k", ttl: 60 };
      const first = cached(store, fn, options)();
      await sleep(10);
      Date.now = () => now() + 4000;
      expect([await cached(store, fn, options)(), await first, calls]).toEqual([1, 1, 1]);
      Date.now = now;
    });
  });

  it("is not given back by a failure of somebody who did not wait for it", async () => {
    const store = memoryStore();
    const slow = deferred<string>();
    const [one] = isolates(1, () => slow.promise, {}, store);
    const [two] = isolates(
      1,
      async () => {
        throw new Error("down");
      },
      { lock: { wait: 0 } },
      store,
    );
    const slowly = one!();
    await sleep(5);
    await failure(two!());
    slow.resolve("slow");
    await slowly;
    expect((await one!.peek())?.value).toBe("slow");
  });

  it("is left out with lock: false", async () => {
    let calls = 0;
    const gets = isolates(
      10,
      async () => {
        await sleep(5);
        return ++calls;
      },
      { lock: false },
    );
    await Promise.all(gets.map((get) => get()));
    expect(calls).toBe(10);
  });

  it("keeps refreshes of 50 objects apart, and the last one's result", async () => {
    let calls = 0;
    const store = memoryStore();
    const gets = isolates(
      50,
      async () => {
        await sleep(2);
        return ++calls;
      },
      {},
      store,
    );
    const answers = await Promise.all(gets.map((get) => get.refresh()));
    expect([calls, new Set(answers).size]).toEqual([50, 50]);
    expect(answers).toContain((await gets[0]!.peek())?.value);
    // No lease is left behind.
    expect(Object.keys((await store.get<{ __cached__: object }>("k"))?.__cached__ ?? {})).not.toContain("lease");
  });

  it("waits by looking now and then, not in a busy loop", async () => {
    const driver = toDriver(memoryStore()) as Driver<"swap">;
    let reads = 0;
    const read: typeof driver.read = (...args) => {
      reads++;
      return driver.read(...args);
    };
    const store = createStore({ ...driver, read });
    const holder = deferred<number>();
    const [one] = isolates(1, () => holder.promise, {}, store as never);
    const [two] = isolates(1, async () => 0, {}, store as never);
    const work = [one!(), two!()];
    await sleep(300);
    expect(reads > 3 && reads < 20).toBe(true);
    holder.resolve(1);
    expect(await Promise.all(work)).toEqual([1, 1]);
  });

  it("ends the waiting by the clock when looking takes long", async () => {
    const store = memoryStore();
    void isolates(1, () => new Promise<number>(() => {}), { lock: { ttl: 60 } }, store)[0]!();
    await sleep(5);
    const waiting = isolates(1, async () => 2, { lock: { ttl: 60, wait: 10 } }, store)[0]!();
    await sleep(5);
    await at(11_000, async () => expect(await Promise.race([waiting, sleep(3000)])).toBe(2));
  });

  it("ends the waiting also where the clock stands still", async () => {
    const { now } = Date;
    const time = now();
    Date.now = () => time;
    try {
      const store = memoryStore();
      void isolates(1, () => new Promise<number>(() => {}), {}, store)[0]!();
      await sleep(5);
      expect(await isolates(1, async () => 2, { lock: { wait: 0.05 } }, store)[0]!()).toBe(2);
    } finally {
      Date.now = now;
    }
  });
});
