import { describe, expect, it } from "#test";
import { KeyValueError, memoryStore } from "../src/index.ts";
import { rateLimit } from "../src/rate-limit.ts";

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
        expect(await rateLimit(store, "alice", options)).toEqual({ allowed: true, remaining, retryAfter: 0 });
      }
      const refused = await rateLimit(store, "alice", options);
      expect([refused.allowed, refused.remaining]).toEqual([false, 0]);
      expect((await rateLimit(store, "bob", options)).allowed).toBe(true);
      clock.now += refused.retryAfter * 1000 - 1;
      expect((await rateLimit(store, "alice", options)).allowed).toBe(false);
      clock.now += 1;
      expect((await rateLimit(store, "alice", options)).allowed).toBe(true);
    });
  });

  it("allows no more than the limit in any window, and nearly as many, whatever the pattern", async () => {
    await withClock(async (clock) => {
      const store = memoryStore();
      const allowed: number[] = [];
      let seed = 7;
      for (let i = 0; i < 3000; i++) {
        seed = (seed * 16807) % 2147483647;
        clock.now += i % 100 < 80 ? seed % 30 : seed % 900;
        if ((await rateLimit(store, "k", { limit: 20, window: 2 })).allowed) allowed.push(clock.now);
      }
      const most = Math.max(...allowed.map((start) => allowed.filter((at) => at >= start && at < start + 2000).length));
      expect(most).toBe(20);
      expect(allowed.length).toBeGreaterThan(300);
    });
  });

  it("counts concurrent calls one by one", async () => {
    const store = memoryStore();
    const results = await Promise.all(
      Array.from({ length: 50 }, () => rateLimit(store, "k", { limit: 20, window: 600 })),
    );
    expect(results.filter(({ allowed }) => allowed).length).toBe(20);
  });

  it("takes a cost, and writes nothing for a refused call", async () => {
    const store = memoryStore();
    expect((await rateLimit(store, "k", { limit: 10, window: 600, cost: 8 })).remaining).toBe(2);
    const before = await store.ttl("k");
    expect((await rateLimit(store, "k", { limit: 10, window: 600, cost: 3 })).allowed).toBe(false);
    const after = await store.ttl("k");
    expect(after?.value).toEqual(before?.value);
    expect(after?.ttl ?? 0).toBeLessThanOrEqual(before?.ttl ?? 0);
  });

  it("leaves an entry that expires by itself", async () => {
    await withClock(async (clock) => {
      const store = memoryStore();
      await rateLimit(store, "k", { limit: 1, window: 10 });
      clock.now += 10_200;
      expect(await store.get("k")).toBe(null);
    });
  });

  it("refuses options that make no sense", async () => {
    const store = memoryStore();
    for (const [limit, cost] of [
      [0, 1],
      [1.5, 1],
      [2, 3],
      [undefined, 1],
    ]) {
      const error = await rateLimit(store, "k", { limit: limit as number, window: 1, cost }).catch((error) => error);
      expect(error).toBeInstanceOf(TypeError);
    }
    for (const window of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const error = await rateLimit(store, "k", { limit: 1, window }).catch((error) => error);
      expect(error).toBeInstanceOf(KeyValueError);
      expect(error.code).toBe("invalid_ttl");
    }
  });
});
