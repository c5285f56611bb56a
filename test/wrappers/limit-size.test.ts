import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { type LimitSizeOptions, limitSize } from "../../src/wrappers/limit-size.ts";
import { chaos } from "../support/chaos.ts";

function limited(options: LimitSizeOptions) {
  const base = memoryStore();
  return { base, store: limitSize(base, options) };
}

describe("limitSize", () => {
  it("measures the value as JSON in UTF-8, limits included", async () => {
    const { store } = limited({ minBytes: 4, maxBytes: 6, tooSmall: "throw" });
    for (const value of ["ab", "abcd", "éé", 1234, [1, 2], { a: 1 }.a + 99999]) await store.put("k", value);
    for (const value of ["a", 1]) await expect(store.put("k", value)).rejects.toMatchObject({ code: "too_small" });
    for (const value of ["abcde", "ééé", { a: 1 }])
      await expect(store.put("k", value)).rejects.toMatchObject({ code: "too_large" });
  });

  it("throws with size and limit, and by default only for large values", async () => {
    const { store, base } = limited({ minBytes: 5, maxBytes: 6 });
    await base.put("k", "old");
    const error = await store.put("k", "too large", { collection: "c" }).catch((error) => error);
    expect([error.code, error.size, error.limit, error.collection, error.key]).toEqual(["too_large", 11, 6, "c", "k"]);
    expect(error.message.includes("too large")).toBe(false);
    expect(await store.get("k")).toBe("old");
    await store.put("k", 1);
  });

  it("removes the old value when it skips a put", async () => {
    for (const [options, value] of [
      [{ minBytes: 5 }, 1],
      [{ maxBytes: 5, tooLarge: "skip" }, "too large"],
    ] as const) {
      const { store } = limited(options);
      await store.put("k", "old");
      await store.put("k", value);
      expect(await store.get("k")).toBe(null);
    }
  });

  it("keeps of a bulk what fits, and checks all of it before anything is sent", async () => {
    const { store, base } = limited({ minBytes: 3, maxBytes: 6 });
    await base.put("small", "old");
    await store.putMany([
      ["small", 1],
      ["fits", "fits"],
    ]);
    expect(await store.getMany(["small", "fits"])).toEqual([null, "fits"]);
    const refused = store.putMany([
      ["small", "new"],
      ["fits", 1],
      ["large", "too large"],
    ]);
    await expect(refused).rejects.toMatchObject({ code: "too_large", key: "large" });
    expect(await store.getMany(["small", "fits"])).toEqual([null, "fits"]);
  });

  it("removes what it skips also when the rest of the bulk fails half-way, and names what failed", async () => {
    for (const [operation, failed, left] of [
      ["write", ["fits2"], [null, "fits", null]],
      ["remove", ["small2"], [null, "fits", "fits"]],
    ] as const) {
      const base = memoryStore();
      await base.putMany([
        ["small", "old"],
        ["small2", "old"],
      ]);
      const { driver } = chaos(toDriver(base), { plan: ["half"], only: [operation] });
      const store = limitSize(createStore(driver), { minBytes: 3 });
      const put = store.putMany([
        ["small", 1],
        ["fits", "fits"],
        ["small2", 1],
        ["fits2", "fits"],
      ]);
      await expect(put).rejects.toMatchObject({ code: "unavailable", failed });
      expect(await base.getMany(["small", "fits", "fits2"])).toEqual(left);
    }
  });

  it("always throws inside of an atomic operation, which then changes nothing", async () => {
    const { store } = limited({ minBytes: 3, maxBytes: 5, tooSmall: "skip", tooLarge: "skip" });
    await store.put("k", "abc");
    await expect(store.update("k", () => "large")).rejects.toMatchObject({ code: "too_large" });
    await expect(store.update("k", () => 1)).rejects.toMatchObject({ code: "too_small" });
    await expect(store.putIfAbsent("l", "large")).rejects.toMatchObject({ code: "too_large" });
    expect(await store.take("k")).toBe("abc");
  });

  it("says on its driver what the least limit is", () => {
    const bytes = (store: ReturnType<typeof limitSize>) => toDriver(store).limits?.valueBytes;
    expect(bytes(limitSize(memoryStore(), { maxBytes: 5 }))).toBe(5);
    expect(bytes(limitSize(limitSize(memoryStore(), { maxBytes: 5 }), { maxBytes: 9 }))).toBe(5);
    expect(bytes(limitSize(memoryStore(), { minBytes: 5 }))).toBe(undefined);
  });

  it("refuses limits that make no sense", () => {
    for (const options of [
      { minBytes: -1 },
      { maxBytes: 0 },
      { maxBytes: 1.5 },
      { minBytes: 6, maxBytes: 5 },
      { tooSmall: "ignore" },
      { tooLarge: "drop" },
    ]) {
      expect(() => limitSize(memoryStore(), options as LimitSizeOptions)).toThrow(TypeError);
    }
  });
});
