import { describe, expect, it } from "#test";
import { createStore, KeyValueError, memoryStore, type Store, toDriver } from "../src/index.ts";
import { type Lock, lock, tryLock, withLock } from "../src/lock.ts";
import { clampTtl } from "../src/wrappers/clamp-ttl.ts";
import { fallback } from "../src/wrappers/fallback.ts";
import { prefixKeys } from "../src/wrappers/prefix-keys.ts";
import { at } from "./support/caching.ts";
import { withoutOperations } from "./support/stores.ts";

const failure = (promise: Promise<unknown>): Promise<KeyValueError> =>
  promise.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );

describe("lock", () => {
  for (const [how, make] of [
    ["a driver that applies operations", memoryStore],
    ["a driver that can only swap", () => withoutOperations(memoryStore())],
  ] as const) {
    it(`is held by one at a time, and tokens grow from holder to holder, over ${how}`, async () => {
      const store = make();
      let inside = 0;
      let most = 0;
      const tokens: number[] = [];
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const held = await lock(store, "job", { ttl: 30 });
          most = Math.max(most, ++inside);
          tokens.push(held.token);
          await new Promise((resolve) => setTimeout(resolve, 1));
          inside--;
          expect(await held.release()).toBe(true);
        }),
      );
      expect(most).toBe(1);
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
    });
  }

  it("is free again after its TTL, and the late holder can neither release nor extend it", async () => {
    const store = memoryStore();
    const late = await lock(store, "job", { ttl: 5 });
    expect(await tryLock(store, "job", { ttl: 5 })).toBe(null);
    await at(5001, async () => {
      const next = await lock(store, "job", { ttl: 5 });
      expect(next.token > late.token).toBe(true);
      expect([await late.release(), await late.extend()]).toEqual([false, false]);
      expect(await tryLock(store, "job", { ttl: 5 })).toBe(null);
      expect(await next.release()).toBe(true);
      expect(await next.release()).toBe(false);
    });
  });

  it("can be extended for as long as nobody else has it", async () => {
    const store = memoryStore();
    const held = await lock(store, "job", { ttl: 5 });
    await at(4000, async () => expect(await held.extend(60)).toBe(true));
    await at(50_000, async () => expect(await tryLock(store, "job", { ttl: 5 })).toBe(null));
  });

  it("has tokens that never go backwards, not after its state expired or was destroyed", async () => {
    const store = memoryStore();
    const tokens: number[] = [];
    const take = async () => {
      const held = (await tryLock(store, "job", { ttl: 1 })) as Lock;
      tokens.push(held.token);
      await held.release();
    };
    await take();
    await take();
    await store.destroyCollection({ collection: "locks" });
    await at(1, take);
    await at(600_000, take);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(new Set(tokens).size).toBe(4);
    expect((tokens[0] as number) >= (Date.now() - 60_000) * 1000).toBe(true);
  });

  it("leaves nothing behind: a thousand locks are gone a minute after they are free", async () => {
    const store = memoryStore();
    for (let i = 0; i < 1000; i++) await (await lock(store, `order:${i}`, { ttl: 5 })).release();
    await at(66_000, async () => {
      await store.cull();
      expect((await store.listKeys({ collection: "locks" })).names).toEqual([]);
    });
  });

  it("leaves a value of another kind alone, and says so", async () => {
    const store = memoryStore();
    const full = { token: 2 ** 53 - 1, owner: null, until: 0 };
    for (const value of ["report", { token: "1" }, { ...full, token: "1" }, { token: 1, owner: "a" }, full, 5, [1]]) {
      await store.put("nightly-report", value, { collection: "locks" });
      const error = await failure(tryLock(store, "nightly-report", { ttl: 5 }));
      expect([error.code, error.key]).toEqual(["wrong_kind", "nightly-report"]);
      expect(await store.get("nightly-report", { collection: "locks" })).toEqual(value);
    }
  });

  it("does not touch what lies under its key in the default collection", async () => {
    const store = memoryStore();
    await store.put("nightly-report", "text");
    expect(await tryLock(store, "nightly-report", { ttl: 5 })).not.toBe(null);
    expect(await store.get("nightly-report")).toBe("text");
  });

  it("refuses a store that has no atomic operations, or may drop live entries", async () => {
    const { swap: _, ...driver } = toDriver(memoryStore());
    const without = createStore(driver) as unknown as Store<"swap">;
    const error = await failure(tryLock(without, "job", { ttl: 5 }));
    expect([error.code, error.message.includes("use Durable Objects")]).toEqual(["misconfigured", true]);
    for (const store of [
      memoryStore({ maxEntries: 100 }),
      clampTtl(memoryStore(), { missing: 5 }),
      clampTtl(memoryStore(), { max: 3600 }),
      prefixKeys(clampTtl(memoryStore(), { max: 3600 }), "a"),
    ]) {
      expect((await failure(lock(store, "job", { ttl: 5 }))).code).toBe("misconfigured");
    }
    expect((await tryLock(clampTtl(memoryStore(), { min: 60 }), "job", { ttl: 5 })) !== null).toBe(true);
    // Its atomic operations never reach the second store.
    const fallen = fallback(memoryStore(), memoryStore({ maxEntries: 100 }));
    expect((await tryLock(fallen, "job", { ttl: 5 })) !== null).toBe(true);
  });

  it("stops waiting when its signal says so, with the reason as the cause", async () => {
    const store = memoryStore();
    await lock(store, "job", { ttl: 60 });
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 5);
    const error = await failure(lock(store, "job", { ttl: 60, signal: controller.signal }));
    expect([error.code, error.key, error.cause]).toEqual(["aborted", "job", "enough"]);
  });

  it("stops while a call to the store hangs, and frees a lock that arrives later", async () => {
    const driver = toDriver(memoryStore());
    let arrive = (): void => {};
    const slow = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const store = createStore({
      ...driver,
      apply: async (...args) => {
        await slow;
        return driver.apply!(...args);
      },
    });
    const error = await failure(lock(store, "job", { ttl: 60, signal: AbortSignal.timeout(5) }));
    expect(error.code).toBe("aborted");
    arrive();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await tryLock(store, "job", { ttl: 60 })).not.toBe(null);
  });

  it("frees a lock that was taken by a call whose reply was lost", async () => {
    const driver = toDriver(memoryStore());
    let calls = 0;
    const store = createStore({
      ...driver,
      async apply(collection, key, operation, args) {
        const result = await driver.apply!(collection, key, operation, args);
        if (++calls === 1) throw new KeyValueError("unavailable", "the reply was lost");
        return result;
      },
    });
    expect((await failure(tryLock(store, "job", { ttl: 60 }))).code).toBe("unavailable");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await tryLock(store, "job", { ttl: 60 })).not.toBe(null);
  });

  it("does not keep the result of its work back when the release hangs", async () => {
    const driver = toDriver(memoryStore());
    let calls = 0;
    const store = createStore({
      ...driver,
      apply: (...args) => (++calls === 1 ? driver.apply!(...args) : new Promise<never>(() => {})),
    });
    expect(await withLock(store, "job", { ttl: 0.05 }, () => "done")).toBe("done");
  });

  it("asks the store nothing when its signal is aborted from the start", async () => {
    const driver = toDriver(memoryStore());
    let calls = 0;
    const store = createStore({
      ...driver,
      apply(...args) {
        calls++;
        return driver.apply!(...args);
      },
    });
    for (const take of [tryLock, lock]) {
      const error = await failure(take(store, "job", { ttl: 60, signal: AbortSignal.abort("gone") }));
      expect([error.code, error.key, error.cause, calls]).toEqual(["aborted", "job", "gone", 0]);
    }
  });

  it("refuses a TTL that is not a positive number of seconds", async () => {
    const store = memoryStore();
    await tryLock(store, "taken", { ttl: 60 });
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5", undefined]) {
      for (const key of ["free", "taken"]) {
        expect((await failure(tryLock(store, key, { ttl: ttl as number }))).code).toBe("invalid_ttl");
      }
    }
  });

  it("is released at the end of its block", async () => {
    const store = memoryStore();
    const held = await lock(store, "job", { ttl: 60 });
    await held[Symbol.asyncDispose]();
    expect(await tryLock(store, "job", { ttl: 5 })).not.toBe(null);
  });
});

describe("withLock", () => {
  it("holds a lock for longer than its TTL while the work runs, and releases it at the end", async () => {
    const store = memoryStore();
    const result = await withLock(store, "job", { ttl: 0.06 }, async ({ signal, token }) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect([signal.aborted, token > 0]).toEqual([false, true]);
      expect(await tryLock(store, "job", { ttl: 1 })).toBe(null);
      return "done";
    });
    expect(result).toBe("done");
    expect(await tryLock(store, "job", { ttl: 1 })).not.toBe(null);
  });

  it("aborts the signal of its work when the lock is lost", async () => {
    const store = memoryStore();
    const reason = await withLock(store, "job", { ttl: 0.06 }, async ({ signal }) => {
      await store.delete("job", { collection: "locks" });
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      return signal.reason;
    });
    expect(reason).toMatchObject({ code: "conflict", key: "job" });
  });

  it("aborts it when the store fails for as long as the TTL, and not before", async () => {
    const driver = toDriver(memoryStore());
    let calls = 0;
    const store = createStore({
      ...driver,
      apply: async (...args) => {
        if (calls++ > 0) throw new Error("down");
        return driver.apply!(...args);
      },
    });
    const began = Date.now();
    await withLock(store, "job", { ttl: 0.06 }, ({ signal }) => {
      return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    });
    expect(Date.now() - began >= 55).toBe(true);
    expect(calls >= 2).toBe(true);
  });

  it("aborts it when the store hangs for as long as the TTL", async () => {
    const driver = toDriver(memoryStore());
    let calls = 0;
    const store = createStore({
      ...driver,
      apply: (...args) => (calls++ === 1 ? new Promise<never>(() => {}) : driver.apply!(...args)),
    });
    const reason = await withLock(store, "job", { ttl: 0.06 }, ({ signal }) => {
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
    });
    expect(reason).toMatchObject({ code: "conflict", key: "job" });
  });

  it("takes no lock for a TTL that is longer than timers run", async () => {
    const store = memoryStore();
    const error = await withLock(store, "job", { ttl: 3_000_000 }, () => "done").catch((error: unknown) => error);
    expect(error instanceof TypeError).toBe(true);
    expect(await tryLock(store, "job", { ttl: 5 })).not.toBe(null);
    expect((await failure(withLock(store, "job", { ttl: 0 }, () => "done"))).code).toBe("invalid_ttl");
  });

  it("throws what the work throws, and frees the lock", async () => {
    const store = memoryStore();
    const own = new Error("the work's own");
    const work = () => {
      throw own;
    };
    expect(await withLock(store, "job", { ttl: 60 }, work).catch((error) => error)).toBe(own);
    expect(await tryLock(store, "job", { ttl: 1 })).not.toBe(null);
  });
});
