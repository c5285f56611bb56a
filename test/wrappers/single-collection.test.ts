import { describe, expect, it } from "#test";
import { memoryStore, supports } from "../../src/index.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { singleCollection } from "../../src/wrappers/single-collection.ts";

describe("singleCollection", () => {
  it("keeps everything in one collection of the store underneath", async () => {
    const base = memoryStore();
    const store = singleCollection(base, "all");
    await store.put("1", "Alice", { collection: "users" });
    await store.put("1", "default");
    expect(await store.increment("n", 2, { collection: "users" })).toBe(2);
    expect(await Array.fromAsync(base.collections())).toEqual(["all"]);
    expect(await base.get("users::1", { collection: "all" })).toBe("Alice");
    expect(await base.get("default_collection::1", { collection: "all" })).toBe("default");
    expect(await store.deleteMany(["1", "n"], { collection: "users" })).toBe(2);
  });

  it("keeps any two collections apart, and lists each on its own", async () => {
    const names = [
      "",
      "a",
      "ab",
      "a:",
      "a::",
      ":",
      "::",
      "a%3A",
      "%3A",
      "%uD83D",
      "\uD83D",
      "\uD83D\uDE00",
      "b1",
      "__proto__",
    ];
    const base = memoryStore();
    const store = singleCollection(base, "all");
    await base.put("no address", 1, { collection: "all" });
    for (const collection of names) for (const key of names) await store.put(key, [collection, key], { collection });
    for (const collection of names) {
      for (const key of names) expect(await store.get(key, { collection })).toEqual([collection, key]);
      expect((await Array.fromAsync(store.keys({ collection }))).sort()).toEqual([...names].sort());
      expect(await Array.fromAsync(store.keys({ collection, prefix: "\uD83D", limit: 1 }))).toEqual(["\uD83D"]);
    }
  });

  it("cannot list or destroy collections, also above a store that could", () => {
    const store = singleCollection(prefixCollections(memoryStore(), "a"), "all");
    for (const name of ["destroy", "destroyCollection", "listCollections"]) expect(name in store).toBe(false);
    for (const name of ["listKeys", "cull", "swap"] as const) expect(supports(store, name)).toBe(true);
  });

  it("refuses a collection that is not a string", () => {
    expect(() => singleCollection(memoryStore(), undefined as unknown as string)).toThrow(TypeError);
  });
});
