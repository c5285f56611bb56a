import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { copy } from "../../src/migrate.ts";
import { defaultValue } from "../../src/wrappers/default-value.ts";
import { seed } from "../../src/wrappers/seed.ts";

describe("defaultValue", () => {
  it("answers every read of a missing or expired entry, and stores nothing", async () => {
    const base = memoryStore();
    const store = defaultValue(base, { n: 0 });
    await store.put("a", 1);
    expect(await store.get("b")).toEqual({ n: 0 });
    expect(await store.getMany(["b", "a", "b"])).toEqual([{ n: 0 }, 1, { n: 0 }]);
    expect(await store.ttl("b")).toEqual({ value: { n: 0 }, ttl: null });
    expect(await store.ttlMany(["a", "b"])).toEqual([
      { value: 1, ttl: null },
      { value: { n: 0 }, ttl: null },
    ]);
    expect(await base.get("b")).toBe(null);
    expect(await Array.fromAsync(store.keys())).toEqual(["a"]);
    expect(await store.delete("b")).toBe(false);
    await store.put("short", 1, { ttl: 0.001 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.get("short")).toEqual({ n: 0 });
  });

  it("gives a fresh copy each time, of what the value was at the start", async () => {
    const value = { list: [1] };
    const store = defaultValue(memoryStore(), value);
    value.list.push(2);
    const first = await store.get<typeof value>("a");
    first?.list.push(3);
    const [x, y] = await store.getMany<typeof value>(["a", "a"]);
    expect(x === y).toBe(false);
    expect([x, y, await store.get("b")]).toEqual([{ list: [1] }, { list: [1] }, { list: [1] }]);
  });

  it("reports the TTL that it is told", async () => {
    const real = Date.now;
    const now = real();
    Date.now = () => now;
    try {
      const store = defaultValue(memoryStore(), 1, { ttl: 30 });
      expect(await store.ttl("a")).toEqual({ value: 1, ttl: 30 });
    } finally {
      Date.now = real;
    }
  });

  it("takes falsy values", async () => {
    for (const value of [0, "", false]) expect(await defaultValue(memoryStore(), value).get("a")).toBe(value);
  });

  it("hides from nobody who asks before a write that the entry is missing", async () => {
    const seeded = seed(defaultValue(memoryStore(), "none"), { default_collection: { a: "seeded" } });
    expect(await seeded.getMany(["a", "b"])).toEqual(["seeded", "none"]);

    const source = memoryStore();
    await source.put("a", "copied");
    const target = memoryStore();
    expect(await copy(source, defaultValue(target, "none"))).toMatchObject({ copied: 1, skipped: 0 });
    expect(await target.get("a")).toBe("copied");
  });

  it("has no atomic operations", () => {
    const store = defaultValue(memoryStore(), 1);
    for (const name of ["putIfAbsent", "take", "update", "increment"]) expect(name in store).toBe(false);
  });

  it("refuses at once what is no value or no TTL", () => {
    for (const value of [null, undefined, new Date(), { at: new Map() }]) {
      expect(codeOf(() => defaultValue(memoryStore(), value))).toBe("not_serializable");
    }
    for (const ttl of [0, -1, NaN, Infinity]) {
      expect(codeOf(() => defaultValue(memoryStore(), 1, { ttl }))).toBe("invalid_ttl");
    }
  });
});

function codeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as { code: string }).code;
  }
}
