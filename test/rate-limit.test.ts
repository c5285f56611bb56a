import { describe, expect, it } from "#test";
import { createStore, KeyValueError, memoryStore, type Store, toDriver } from "../src/index.ts";
import { rateLimit, rateLimitHeaders } from "../src/rate-limit.ts";
import { withoutOperations } from "./support/stores.ts";

/** Runs a body with a clock that it moves. */
async function withClock(body: (clock: { now: number }) => Promise<void>): Promise<void> {
  const { now } = Date;
  const clock = { now: now() };
  Date.now = () => clock.now;
  try {
    await body(clock);
  } finally {
    Date.now = now;
  }
}

describe("rateLimit", () => {
  it("allows as many as the limit, says what is left, and when to come back", async () => {
    await withClock(async (clock) => {
      const store = memoryStore();
      const options = { limit: 3, window: 60 };
      for (const remaining of [2, 1, 0]) {
        const result = await rateLimit(store, "alice", options);
        expect(result).toMatchObject({ allowed: true, remaining, retryAfter: 0, retryAfterMs: 0, ...options });
      }
      const refused = await rateLimit(store, "alice", options);
      expect([refused.allowed, refused.remaining]).toEqual([false, 0]);
      expect(refused.retryAfter).toBe(Math.ceil(refused.retryAfterMs / 1000));
      expect((await rateLimit(store, "bob", options)).allowed).toBe(true);
      clock.now += Math.floor(refused.retryAfterMs) - 1;
      expect((await rateLimit(store, "alice", options)).allowed).toBe(false);
      clock.now += 2;
      expect((await rateLimit(store, "alice", options)).allowed).toBe(true);
    });
  });

  it("allows no more than the limit in any window, and nearly as many, whatever the pattern", async () => {
    await withClock(async (clock) => {
      for (const window of [2, 0.0103, 0.0317]) {
        const store = memoryStore();
        const allowed: number[] = [];
        let seed = 7;
        for (let i = 0; i < 3000; i++) {
          seed = (seed * 16807) % 2147483647;
          const pause = i % 100 < 80 ? seed % 30 : seed % 900;
          clock.now += Math.round((pause * window) / 2);
          if ((await rateLimit(store, "k", { limit: 20, window })).allowed) allowed.push(clock.now);
        }
        const within = (start: number) => allowed.filter((at) => at >= start && at < start + window * 1000).length;
        expect(Math.max(...allowed.map(within))).toBe(20);
        expect(allowed.length > 300).toBe(true);
      }
    });
  });

  it("counts 300 calls at once one by one, on a driver that applies operations and on one that swaps", async () => {
    for (const store of [memoryStore(), withoutOperations(memoryStore())]) {
      const results = await Promise.all(
        Array.from({ length: 300 }, () => rateLimit(store, "k", { limit: 200, window: 600 })),
      );
      expect(results.filter(({ allowed }) => allowed).length).toBe(200);
    }
  });

  it("takes a cost, and writes nothing for a refused call or a look", async () => {
    const store = memoryStore();
    const options = { limit: 10, window: 600 };
    expect((await rateLimit(store, "k", { ...options, cost: 0 })).remaining).toBe(10);
    expect((await store.listCollections()).names).toEqual([]);
    expect((await rateLimit(store, "k", { ...options, cost: 8 })).remaining).toBe(2);
    const [name] = (await store.listKeys({ collection: "rate-limits" })).names as [string];
    const before = await store.getWithVersion(name, { collection: "rate-limits" });
    expect((await rateLimit(store, "k", { ...options, cost: 3 })).allowed).toBe(false);
    expect(await rateLimit(store, "k", { ...options, cost: 0 })).toMatchObject({ allowed: true, remaining: 2 });
    expect((await store.getWithVersion(name, { collection: "rate-limits" }))?.version).toBe(before?.version);
    expect((await rateLimit(store, "k", { ...options, cost: 2 })).remaining).toBe(0);
    expect(await rateLimit(store, "k", { ...options, cost: 0 })).toMatchObject({ allowed: false, remaining: 0 });
  });

  it("keeps limits with different windows under one key apart", async () => {
    const store = memoryStore();
    const burst = { limit: 2, window: 1 };
    const sustained = { limit: 3, window: 3600 };
    for (const remaining of [1, 0]) {
      expect((await rateLimit(store, "k", burst)).remaining).toBe(remaining);
      expect((await rateLimit(store, "k", sustained)).remaining).toBe(remaining + 1);
    }
    expect((await rateLimit(store, "k", burst)).allowed).toBe(false);
    expect((await rateLimit(store, "k", sustained)).allowed).toBe(true);
  });

  it("leaves an entry that expires by itself", async () => {
    await withClock(async (clock) => {
      const store = memoryStore();
      await rateLimit(store, "k", { limit: 1, window: 10 });
      clock.now += 20_200;
      await store.cull();
      expect((await store.listCollections()).names).toEqual([]);
    });
  });

  it("leaves a value of another kind alone, and says so", async () => {
    const store = memoryStore();
    for (const value of ["report", { a: 1 }, [[1]], [["1", 1]], [[1, -5]], 5]) {
      await store.put("60000:k", value, { collection: "rate-limits" });
      const error = await rateLimit(store, "k", { limit: 1, window: 60 }).catch((error) => error);
      expect(error.code).toBe("wrong_kind");
      expect(await store.get("60000:k", { collection: "rate-limits" })).toEqual(value);
    }
  });

  it("does what it is told when the store fails", async () => {
    const driver = toDriver(memoryStore());
    const down = new KeyValueError("unavailable", "down");
    const store = createStore({ ...driver, apply: () => Promise.reject(down) });
    const options = { limit: 1, window: 60 };
    expect(await rateLimit(store, "k", options).catch((error) => error)).toBe(down);
    const allow = await rateLimit(store, "k", { ...options, onStoreError: "allow" });
    expect(allow).toMatchObject({ allowed: true, error: down, retryAfter: 0 });
    const deny = await rateLimit(store, "k", { ...options, onStoreError: "deny" });
    expect(deny).toMatchObject({ allowed: false, error: down, retryAfter: 1 });
    const wrong = rateLimit(store, "k", { ...options, onStoreError: "no" as never });
    expect(await wrong.catch((error) => error)).toBeInstanceOf(TypeError);
  });

  it("refuses a store without atomic operations, whatever onStoreError says", async () => {
    const { swap: _, ...driver } = toDriver(memoryStore());
    const store = createStore({ ...driver, name: "workers-kv" }) as unknown as Store<"swap">;
    const error = await rateLimit(store, "k", { limit: 1, window: 1, onStoreError: "allow" }).catch((error) => error);
    expect([error.code, error.store]).toEqual(["misconfigured", "workers-kv"]);
    expect(error.message).toContain("rateLimit needs a store with atomic operations; workers-kv has none");
  });

  it("refuses options that make no sense", async () => {
    const store = memoryStore();
    const nothing = rateLimit(store, "k", undefined as never).catch((error) => error);
    expect(String(await nothing)).toContain("options must be an object with limit and window");
    for (const [limit, cost] of [
      [0, 1],
      [1.5, 1],
      [2, 3],
      [2, -1],
      [undefined, 1],
    ]) {
      const error = await rateLimit(store, "k", { limit: limit as number, window: 1, cost }).catch((error) => error);
      expect(error).toBeInstanceOf(TypeError);
    }
    for (const window of [0, -1, 0.000_01, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, "60"]) {
      const error = await rateLimit(store, "k", { limit: 1, window: window as number }).catch((error) => error);
      expect(error).toBeInstanceOf(KeyValueError);
      expect(error.code).toBe("invalid_ttl");
    }
  });
});

describe("rateLimitHeaders", () => {
  it("tells the policy, what is left, and when to come back", async () => {
    await withClock(async () => {
      const store = memoryStore();
      const options = { limit: 1, window: 59.5 };
      const first = await rateLimit(store, "k", options);
      expect(rateLimitHeaders(first)).toEqual({
        "RateLimit-Policy": '"default";q=1;w=60',
        RateLimit: `"default";r=0;t=${first.resetAfter}`,
      });
      const refused = await rateLimit(store, "k", options);
      const { "Retry-After": retryAfter, RateLimit: limit } = rateLimitHeaders(refused, 'per "user"');
      expect(limit).toBe(`"per \\"user\\"";r=0;t=${retryAfter}`);
      expect(Number.isSafeInteger(Number(retryAfter)) && Number(retryAfter) > 0).toBe(true);
      new Headers(rateLimitHeaders(refused, 'per "user"'));
      expect(() => rateLimitHeaders(first, "a\nb")).toThrow(TypeError);
    });
  });
});
