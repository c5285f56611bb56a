import { supports } from "../../core/store.ts";
import { CAPABILITIES, type Suite } from "./suite.ts";

/** The eight methods, one key at a time. */
export function methods({ test }: Suite): void {
  test("get of a key that was never put is null", async ({ store, at, expect }) => {
    expect(await store.get("k", at)).toBe(null);
  });

  test("get gives what was put, under that key alone", async ({ store, at, expect }) => {
    expect(await store.put("k", { name: "Alice" }, at)).toBe(undefined);
    expect(await store.get("k", at)).toEqual({ name: "Alice" });
    expect(await store.get("other", at)).toBe(null);
  });

  test("put replaces the whole value", async ({ store, at, expect }) => {
    await store.put("k", { a: 1, b: 2 }, at);
    await store.put("k", { b: 3 }, at);
    expect(await store.get("k", at)).toEqual({ b: 3 });
    await store.put("k", "text", at);
    expect(await store.get("k", at)).toBe("text");
  });

  test("delete removes, and answers whether there was something", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    await store.put("other", 2, at);
    expect(await store.delete("k", at)).toBe(true);
    expect(await store.get("k", at)).toBe(null);
    expect(await store.delete("k", at)).toBe(false);
    expect(await store.delete("never put", at)).toBe(false);
    expect(await store.get("other", at)).toBe(2);
  });

  test("a deleted key can be put again", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    await store.delete("k", at);
    await store.put("k", 2, at);
    expect(await store.get("k", at)).toBe(2);
    expect(await store.delete("k", at)).toBe(true);
  });

  test("ttl gives the value and null where it never expires", async ({ store, at, expect }) => {
    expect(await store.ttl("k", at)).toBe(null);
    await store.put("k", [1], at);
    expect(await store.ttl("k", at)).toEqual({ value: [1], ttl: null });
  });

  test("the bulk methods see what the single ones wrote, and the other way round", async ({ store, at, expect }) => {
    await store.put("a", 1, at);
    expect(await store.getMany(["a"], at)).toEqual([1]);
    expect(await store.ttlMany(["a"], at)).toEqual([{ value: 1, ttl: null }]);
    await store.putMany([["a", 2]], at);
    expect(await store.get("a", at)).toBe(2);
    expect(await store.deleteMany(["a"], at)).toBe(1);
    expect(await store.get("a", at)).toBe(null);
  });

  test("collections do not see each other's keys", async ({ store, unique, expect }) => {
    const [a, b] = [{ collection: unique() }, { collection: unique() }];
    await store.put("k", "a", a);
    expect(await store.get("k", b)).toBe(null);
    expect(await store.delete("k", b)).toBe(false);
    await store.put("k", "b", b);
    expect(await store.getMany(["k"], a)).toEqual(["a"]);
    expect(await store.ttlMany(["k"], b)).toEqual([{ value: "b", ttl: null }]);
    expect(await store.deleteMany(["k"], a)).toBe(1);
    expect(await store.ttl("k", b)).toEqual({ value: "b", ttl: null });
  });

  test("a call that names no collection means the default collection", async ({ store, unique, expect }) => {
    const key = unique();
    const at = { collection: store.defaultCollection ?? "default_collection" };
    await store.put(key, 1);
    expect(await store.get(key, at)).toBe(1);
    expect(await store.get(key, { collection: undefined })).toBe(1);
    await store.put(key, 2, at);
    expect(await store.get(key)).toBe(2);
    expect(await store.getMany([key])).toEqual([2]);
    expect(await store.ttl(key)).toEqual({ value: 2, ttl: null });
    expect(await store.ttlMany([key])).toEqual([{ value: 2, ttl: null }]);
    expect(await store.deleteMany([key])).toBe(1);
    await store.putMany([[key, 3]]);
    expect(await store.get(key, at)).toBe(3);
    expect(await store.delete(key)).toBe(true);
    expect(await store.get(key, at)).toBe(null);
  });

  test("methods work when they are taken off the store", async ({ store, at, expect }) => {
    const { get, getMany, ttl, ttlMany, put, putMany, delete: remove, deleteMany } = store;
    await put("a", 1, at);
    await putMany([["b", 2]], at);
    expect([await get("a", at), await getMany(["b"], at)]).toEqual([1, [2]]);
    expect([await ttl("a", at), await ttlMany(["b"], at)]).toEqual([
      { value: 1, ttl: null },
      [{ value: 2, ttl: null }],
    ]);
    expect([await remove("a", at), await deleteMany(["b"], at)]).toEqual([true, 1]);
  });

  test("the store has the capabilities that were promised, and no others", async ({ store, options, expect }) => {
    const found = CAPABILITIES.filter((capability) => supports(store, capability));
    expect(found).toEqual(CAPABILITIES.filter((capability) => (options.capabilities ?? found).includes(capability)));
  });
}
