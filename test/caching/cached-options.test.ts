import { describe, expect, it } from "#test";
import { cached } from "../../src/cached.ts";
import { cachedMany } from "../../src/cached-many.ts";
import { type KeyValueError, memoryStore } from "../../src/index.ts";
import { at, deferred, failure, sleep, withoutSwap } from "../support/caching.ts";
import { inVirtualTime } from "../support/virtual-time.ts";

const key = () => "k";

const codeOf = async (promise: Promise<unknown>) => ((await failure(promise)) as KeyValueError).code;

describe("the time limits of cached", () => {
  /** A function that takes so many milliseconds. */
  const slow = (milliseconds: () => number) => {
    let calls = 0;
    return async () => {
      const call = ++calls;
      await sleep(milliseconds());
      return call;
    };
  };

  it("soft: return the old result after a while, and store the new one when it is there", async () => {
    for (const store of [memoryStore(), withoutSwap()]) {
      await inVirtualTime(async ({ elapsed }) => {
        let takes = 1;
        const get = cached(
          store,
          slow(() => takes),
          { key, ttl: 1, staleIfError: 600, softTimeout: 0.2 },
        );
        await get();
        takes = 1000;
        await sleep(2000);
        const start = elapsed();
        expect([await get.withInfo(), elapsed() - start < 300]).toMatchObject([{ value: 1, from: "stale" }, true]);
        await sleep(1000);
        expect([await get(), elapsed() - start < 1500]).toEqual([2, true]);
      });
    }
  });

  it("soft: wait where there is no old result, and where one is not wanted", async () => {
    await inVirtualTime(async () => {
      const get = cached(
        memoryStore(),
        slow(() => 1000),
        { key, ttl: 60, staleIfError: 600, softTimeout: 0.2 },
      );
      expect([await get(), await get.refresh()]).toEqual([1, 2]);
    });
  });

  it("soft: tell of a failure that comes after the answer", async () => {
    await inVirtualTime(async () => {
      const errors: unknown[] = [];
      let isDown = false;
      const fn = async () => {
        await sleep(500);
        if (isDown) throw new Error("down");
        return 1;
      };
      const onError = (error: unknown) => errors.push((error as Error).message);
      const get = cached(memoryStore(), fn, { key, ttl: 1, staleIfError: 600, softTimeout: 0.2, onError });
      await get();
      isDown = true;
      await sleep(2000);
      expect([await get(), errors]).toEqual([1, []]);
      await sleep(1000);
      expect(errors).toEqual(["down"]);
    });
  });

  it("hard: fail the call with timeout, and store the result when it is there", async () => {
    await inVirtualTime(async ({ elapsed }) => {
      const get = cached(
        memoryStore(),
        slow(() => 1000),
        { key, ttl: 60, hardTimeout: 0.3 },
      );
      expect([await codeOf(get()), elapsed() < 400]).toEqual(["timeout", true]);
      expect(await codeOf(get.refresh())).toBe("timeout");
      await sleep(2000);
      expect((await get.withInfo()).from).toBe("hit");
    });
  });

  it("may be longer than the longest delay of a timer, with which it would fire at once", async () => {
    const slowly = () => new Promise<number>((resolve) => setTimeout(resolve, 20, 1));
    const options = { key, ttl: 0.001, staleIfError: 600, softTimeout: 1e9, hardTimeout: 1e9 };
    const get = cached(memoryStore(), slowly, options);
    expect(await get()).toBe(1);
    await sleep(5);
    expect((await get.withInfo()).from).toBe("miss");
  });

  it("end one call with its signal, and nobody else's", async () => {
    const gate = deferred<number>();
    const get = cached(memoryStore(), () => gate.promise, { key, ttl: 60 });
    const control = new AbortController();
    const [mine, others] = [get.with({}, { signal: control.signal })(), get()];
    control.abort(new Error("left"));
    expect(await codeOf(mine)).toBe("aborted");
    expect(await codeOf(get.with({}, { signal: control.signal })())).toBe("aborted");
    gate.resolve(7);
    expect([await others, await get()]).toEqual([7, 7]);
  });

  it("are refused when they are no times or signals", () => {
    const make = (options: object) => () => cached(memoryStore(), async () => 1, { key, ttl: 1, ...options });
    expect(make({ softTimeout: 0 })).toThrow("softTimeout must be a number of seconds above 0; got 0");
    expect(make({ hardTimeout: "1" })).toThrow("hardTimeout must be a number of seconds above 0; got a string");
    expect(() => make({})().with({}, { signal: new AbortController() as never })).toThrow(TypeError);
  });
});

describe("where a result of cached comes from", () => {
  it("is said with its age", async () => {
    let isDown = false;
    const fn = async () => {
      await sleep(5);
      if (isDown) throw new Error("down");
      return "value";
    };
    const get = cached(memoryStore(), fn, { key, ttl: 60, staleWhileRevalidate: 60, staleIfError: 600 });
    const [miss, wait] = await Promise.all([get.withInfo(), get.with({}).withInfo()]);
    expect([miss.from, wait.from, (await get.withInfo()).from]).toEqual(["miss", "wait", "hit"]);
    expect([miss.value, miss.age < 1]).toEqual(["value", true]);
    await at(61_000, async () => expect(await get.withInfo()).toMatchObject({ value: "value", from: "stale" }));
    await sleep(20);
    isDown = true;
    await at(300_000, async () => {
      const { from, age } = await get.withInfo();
      expect([from, age >= 230]).toEqual(["fallback", true]);
    });
  });
});

describe("a codec of cached", () => {
  it("may change what it decodes, and so may validate, and neither reaches the store", async () => {
    type Stored = { at: string };
    const inPlace = {
      encode: ({ at }: { at: Date }) => ({ at: at.toISOString() }),
      decode: (stored: Stored) => Object.assign(stored, { at: new Date(stored.at) }) as never,
    };
    const validate = (found: unknown) => Boolean(Object.assign(found as object, { seen: true }));
    let runs = 0;
    const run = (): { at: Date } => ({ at: new Date(++runs) });
    const one = cached(memoryStore(), run, { key: () => "k", ttl: 60, codec: inPlace, validate });
    const many = cachedMany(memoryStore(), (ids: readonly string[]) => ids.map(run), {
      ...{ key: (id) => id, ttl: 60, codec: inPlace, validate },
    });
    for (let call = 0; call < 3; call++) expect(await one()).toEqual({ at: new Date(1) });
    for (let call = 0; call < 3; call++) expect(await many(["k"])).toEqual([{ at: new Date(2) }]);
  });

  const codec = { encode: (date: Date) => date.getTime(), decode: (time: number) => new Date(time) };

  it("keeps results that are not JSON, and gives all callers of one run results of their own", async () => {
    let calls = 0;
    const seen: unknown[] = [];
    const fn = async () => {
      await sleep(5);
      return new Date(1e12 + ++calls);
    };
    const validate = (value: unknown) => seen.push(value) > 0;
    const get = cached(memoryStore(), fn, { key, ttl: 60, codec, validate });
    const results = await Promise.all([get(), get.with({})(), get.with({})()]);
    expect(results.map(Number)).toEqual([1e12 + 1, 1e12 + 1, 1e12 + 1]);
    expect(new Set(results).size).toBe(3);
    expect([(await get()) instanceof Date, (await get.peek())?.value]).toEqual([true, new Date(1e12 + 1)]);
    expect(seen.length > 0 && seen.every((value) => value instanceof Date)).toBe(true);
  });

  it("is not asked for null and undefined", async () => {
    const fn = async (id: string): Promise<Date | null | undefined> => (id === "null" ? null : undefined);
    const get = cached(memoryStore(), fn, { key: (id) => id, ttl: 60, codec });
    expect([await get("null"), await get("null"), await get("x"), await get("x")]).toEqual([
      ...[null, null],
      ...[undefined, undefined],
    ]);
  });

  it("that cannot encode loses no result, and one that cannot decode makes a new one", async () => {
    const errors: unknown[] = [];
    let breaks = "encode";
    const broken = {
      encode(value: number) {
        if (breaks === "encode") throw new Error("encode");
        return value;
      },
      decode(value: number) {
        if (breaks === "decode") throw new Error("decode");
        return value;
      },
    };
    let calls = 0;
    const store = memoryStore();
    const onError = (error: unknown) => errors.push((error as Error).message);
    const get = cached(store, async () => ++calls, { key, ttl: 60, codec: broken, onError });
    const both = await Promise.all([get(), get.with({})()]);
    expect([both, errors.includes("encode"), await store.get("k")]).toMatchObject([[1, 2], true, {}]);
    breaks = "";
    await at(2000, get);
    const kept = await get();
    breaks = "decode";
    expect([await get.peek(), (await get()) > kept]).toEqual([null, true]);
  });
});

describe("a result that cannot be stored", () => {
  it("is reported to the console once where nobody listens", async () => {
    const { warn } = console;
    const warnings: unknown[][] = [];
    console.warn = (...args) => warnings.push(args);
    try {
      const quiet = cached(memoryStore(), async (_: number) => new Date(), { key: String, ttl: 60 });
      await Promise.all([quiet(1), quiet(2)]);
      await quiet(3);
      expect(warnings.length).toBe(1);
      expect(warnings[0]![0]).toBe("edge-key-value: a result was not cached.");
      expect((warnings[0]![1] as KeyValueError).code).toBe("not_serializable");
      const heard = cached(memoryStore(), async () => new Date(), { key, ttl: 60, onError: () => {} });
      await heard();
      expect(warnings.length).toBe(1);
    } finally {
      console.warn = warn;
    }
  });
});
