import { describe, expect, it } from "#test";
import { nullStore } from "../../src/adapters/null.ts";
import { supports, toDriver } from "../../src/index.ts";

describe("nullStore", () => {
  it("takes every write and keeps none", async () => {
    const store = nullStore();
    await store.put("a", { n: 1 }, { collection: "users", ttl: 60 });
    await store.putMany([
      ["a", 1],
      ["b", 2],
    ]);
    expect(await store.get("a", { collection: "users" })).toBe(null);
    expect(await store.ttl("a", { collection: "users" })).toBe(null);
    expect(await store.getMany(["a", "b", "a"])).toEqual([null, null, null]);
    expect(await store.ttlMany(["a"])).toEqual([null]);
    expect(await store.delete("a")).toBe(false);
    expect(await store.deleteMany(["a", "b"])).toBe(0);
  });

  it("lists, destroys and culls nothing", async () => {
    const store = nullStore();
    await store.put("a", 1);
    expect(await Array.fromAsync(store.keys())).toEqual([]);
    expect(await store.listKeys()).toEqual({ names: [] });
    expect(await Array.fromAsync(store.collections())).toEqual([]);
    expect(await store.destroyCollection()).toBe(false);
    expect(await store.destroy()).toBe(false);
    expect(await store.cull()).toBe(0);
  });

  it("promises neither strong consistency nor atomic operations", () => {
    expect(toDriver(nullStore()).consistency).toBe("eventual");
    expect(supports(nullStore(), "swap")).toBe(false);
  });

  it("checks arguments as every store does", async () => {
    const code = (call: Promise<unknown>) => call.then(String, (error) => error.code ?? error.name);
    expect(await code(nullStore().put("a", () => {}))).toBe("not_serializable");
    expect(await code(nullStore().put("a", 1, { ttl: -1 }))).toBe("invalid_ttl");
    expect(await code(nullStore().get(1 as unknown as string))).toBe("TypeError");
    expect(nullStore({ defaultCollection: "mine" }).defaultCollection).toBe("mine");
  });
});
