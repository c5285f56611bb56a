import { describe, expect, it } from "#test";
import { memoryStore, supports } from "../../src/index.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";

describe("prefixCollections", () => {
  it("puts the prefix in front of every collection, the default one included", async () => {
    const base = memoryStore();
    const acme = prefixCollections(base, "acme");
    await acme.put("1", "Alice", { collection: "users" });
    await acme.put("1", "default");
    expect(await base.get("1", { collection: "acme::users" })).toBe("Alice");
    expect(await base.get("1", { collection: "acme::default_collection" })).toBe("default");
    expect(await acme.increment("n", 2, { collection: "users" })).toBe(2);
    expect(await Array.fromAsync(acme.keys({ collection: "users", prefix: "1" }))).toEqual(["1"]);
  });

  it("keeps any two prefixes apart, whatever they and the collections are", async () => {
    const names = ["", "a", "ab", "a:", "a::", ":", "::", "a%3A", "%3A", "%uD83D", "\uD83D", "b1", "__proto__"];
    const base = memoryStore();
    for (const prefix of names) {
      for (const collection of names)
        await prefixCollections(base, prefix).put("k", [prefix, collection], { collection });
    }
    for (const prefix of names) {
      const store = prefixCollections(base, prefix);
      for (const collection of names) expect(await store.get("k", { collection })).toEqual([prefix, collection]);
      expect((await Array.fromAsync(store.collections())).sort()).toEqual([...names].sort());
    }
  });

  it("lists and destroys its own collections alone", async () => {
    const base = memoryStore();
    const [a, b] = [prefixCollections(base, "a"), prefixCollections(base, "b")];
    for (const store of [base, a, b]) {
      for (const collection of ["one", "only", "two"]) await store.put("k", 1, { collection });
    }
    expect(await Array.fromAsync(a.collections({ prefix: "on" }))).toEqual(["one", "only"]);
    const first = await a.listCollections({ limit: 2 });
    expect(first.names).toEqual(["one", "only"]);
    expect((await a.listCollections({ limit: 2, cursor: first.cursor })).names).toEqual(["two"]);
    expect(await a.destroyCollection({ collection: "one" })).toBe(true);
    expect(await a.destroyCollection({ collection: "one" })).toBe(false);
    expect(await Array.fromAsync(a.collections())).toEqual(["only", "two"]);
    expect(await b.get("k", { collection: "one" })).toBe(1);
    expect(await base.get("k", { collection: "one" })).toBe(1);
  });

  it("has no destroy, which would reach beyond its prefix", () => {
    const store = prefixCollections(memoryStore(), "a");
    expect("destroy" in store).toBe(false);
    for (const name of ["listKeys", "listCollections", "destroyCollection", "cull", "swap"] as const) {
      expect(supports(store, name)).toBe(true);
    }
  });

  it("refuses a prefix that is not a string", () => {
    expect(() => prefixCollections(memoryStore(), null as unknown as string)).toThrow(TypeError);
  });
});
