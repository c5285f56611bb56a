import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { type ClampTtlOptions, clampTtl } from "../../src/wrappers/clamp-ttl.ts";

/** Runs with a clock that stands still until it is moved by some seconds. */
async function atTime(body: (pass: (seconds: number) => void) => Promise<void>): Promise<void> {
  const real = Date.now;
  let now = real();
  Date.now = () => now;
  try {
    await body((seconds) => {
      now += seconds * 1000;
    });
  } finally {
    Date.now = real;
  }
}

const ttlOf = async (options: ClampTtlOptions, ttl?: number) => {
  const store = clampTtl(memoryStore(), options);
  await store.putMany([["a", 1]], { ttl });
  await store.putIfAbsent("b", 1, { ttl });
  const [a, b] = await store.ttlMany(["a", "b"]);
  expect(a?.ttl).toBe(b?.ttl);
  return a?.ttl;
};

describe("clampTtl", () => {
  it("keeps TTLs within bounds, in puts and atomic operations", () =>
    atTime(async () => {
      const bounds = { min: 10, max: 60 };
      expect(await ttlOf(bounds, 1)).toBe(10);
      expect(await ttlOf(bounds, 0.001)).toBe(10);
      expect(await ttlOf(bounds, 10.5)).toBe(10.5);
      expect(await ttlOf(bounds, 3600)).toBe(60);
      expect(await ttlOf({ max: 60 }, 1)).toBe(1);
      expect(await ttlOf({ min: 10 }, 3600)).toBe(3600);
    }));

  it("gives a TTL to an entry without one only when it is told which, within the same bounds", () =>
    atTime(async () => {
      expect(await ttlOf({ min: 10, max: 60 })).toBe(null);
      expect(await ttlOf({ missing: 30 })).toBe(30);
      expect(await ttlOf({ missing: 30 }, 5)).toBe(5);
      expect(await ttlOf({ missing: 5, min: 10 })).toBe(10);
      expect(await ttlOf({ missing: 90, max: 60 })).toBe(60);
    }));

  it("leaves the deadline of a counter alone, however near it is", () =>
    atTime(async (pass) => {
      const store = clampTtl(memoryStore(), { min: 10, max: 60, missing: 20 });
      await store.increment("n");
      pass(15);
      expect(await store.increment("n")).toBe(2);
      expect((await store.ttl("n"))?.ttl).toBe(5);
      pass(5);
      expect(await store.increment("n")).toBe(1);
    }));

  it("clamps the new TTL of an update", () =>
    atTime(async () => {
      const store = clampTtl(memoryStore(), { min: 10, max: 60 });
      await store.put("a", 1);
      await store.update("a", () => 2, { ttl: 3600 });
      expect(await store.ttl("a")).toEqual({ value: 2, ttl: 60 });
    }));

  it("refuses bounds that are no TTLs", () => {
    for (const bound of [0, -1, NaN, Infinity, "5" as unknown as number]) {
      for (const name of ["min", "max", "missing"]) {
        let error: unknown;
        try {
          clampTtl(memoryStore(), { [name]: bound });
        } catch (thrown) {
          error = thrown;
        }
        expect(error).toMatchObject({ name: "KeyValueError", code: "invalid_ttl" });
      }
    }
    expect(() => clampTtl(memoryStore(), { min: 2, max: 1 })).toThrow(TypeError);
  });
});
