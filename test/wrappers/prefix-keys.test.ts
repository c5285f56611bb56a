import { describe, expect, it } from "#test";
import { memoryStore, supports } from "../../src/index.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";

describe("prefixKeys", () => {
  it("puts the prefix in front of every key, in every collection", async () => {
    const base = memoryStore();
    const acme = prefixKeys(base, "acme");
    await acme.put("user:1", { n: 1 }, { collection: "users", ttl: 60 });
    await acme.putMany([
      ["user:2", 2],
      ["user:3", 3],
    ]);
    expect(await base.get("acme::user:1", { collection: "users" })).toEqual({ n: 1 });
    expect(await base.getMany(["acme::user:2", "acme::user:3"])).toEqual([2, 3]);
    expect((await acme.ttl("user:1", { collection: "users" }))?.value).toEqual({ n: 1 });
    expect(await acme.increment("n")).toBe(1);
    expect(await acme.take("n")).toBe(1);
    expect(await acme.deleteMany(["user:2", "user:3", "acme::user:2"])).toBe(2);
  });

  it("keeps any two prefixes apart, whatever they and the keys are", async () => {
    const names = [
      "",
      "a",
      "ab",
      "a:",
      "a::",
      ":",
      "::",
      "a%3A",
      "a%",
      "%3A",
      "%uD83D",
      "\uD83D",
      "\uD83D\uDE00",
      "b1",
      "__proto__",
    ];
    const base = memoryStore();
    for (const prefix of names) {
      for (const key of names) await prefixKeys(base, prefix).put(key, [prefix, key]);
    }
    for (const prefix of names) {
      const store = prefixKeys(base, prefix);
      for (const key of names) expect(await store.get(key)).toEqual([prefix, key]);
      expect((await Array.fromAsync(store.keys())).sort()).toEqual([...names].sort());
    }
    expect((await Array.fromAsync(base.keys())).length).toBe(names.length ** 2);
  });

  it("lists its own keys alone, by prefix, page and limit", async () => {
    const base = memoryStore();
    const store = prefixKeys(base, "a");
    await prefixKeys(base, "a:").put("b", 1);
    await base.put("a", 1);
    await store.putMany(["b1", "b2", "b3", "c", "\uD83D\uDE00"].map((key) => [key, 1]));
    expect(await Array.fromAsync(store.keys({ prefix: "b" }))).toEqual(["b1", "b2", "b3"]);
    expect(await Array.fromAsync(store.keys({ prefix: "b", limit: 2 }))).toEqual(["b1", "b2"]);
    // Half of a surrogate pair is a prefix like any other.
    expect(await Array.fromAsync(store.keys({ prefix: "\uD83D" }))).toEqual(["\uD83D\uDE00"]);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listKeys({ limit: 2, cursor });
      expect(page.names.length <= 2).toBe(true);
      names.push(...page.names);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(["b1", "b2", "b3", "c", "\uD83D\uDE00"]);
  });

  it("has nothing that would reach beyond its prefix, also when it is stacked", () => {
    for (const store of [prefixKeys(memoryStore(), "a"), prefixKeys(prefixKeys(memoryStore(), "a"), "b")]) {
      for (const name of ["destroy", "destroyCollection", "listCollections", "collections"])
        expect(name in store).toBe(false);
      for (const name of ["listKeys", "cull", "swap"] as const) expect(supports(store, name)).toBe(true);
    }
  });

  it("keeps the default collection", async () => {
    const base = memoryStore({ defaultCollection: "mine" });
    await prefixKeys(base, "a").put("k", 1);
    expect(await base.get("a::k", { collection: "mine" })).toBe(1);
  });

  it("refuses a prefix that is not a string", () => {
    expect(() => prefixKeys(memoryStore(), 1 as unknown as string)).toThrow(TypeError);
  });
});
