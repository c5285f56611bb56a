import { describe, expect, it } from "#test";
import { type AsyncKeyValue, KeyValueError, memoryStore } from "../../src/index.ts";
import { readOnly } from "../../src/wrappers/read-only.ts";

async function filled() {
  const base = memoryStore();
  await base.putMany(
    [
      ["a", 1],
      ["b", { n: 2 }],
    ],
    { ttl: 60 },
  );
  return base;
}

describe("readOnly", () => {
  it("reads and lists what is there", async () => {
    const store = readOnly(await filled());
    expect(await store.getMany(["a", "b", "c"])).toEqual([1, { n: 2 }, null]);
    expect((await store.ttl("a"))?.ttl).toBeGreaterThan(59);
    expect(await Array.fromAsync(store.keys())).toEqual(["a", "b"]);
    expect(await Array.fromAsync(store.collections())).toEqual(["default_collection"]);
  });

  it("has no method that changes anything but the four of the protocol", async () => {
    const store = readOnly(await filled());
    for (const name of ["cull", "destroy", "destroyCollection", "putIfAbsent", "take", "update", "increment"]) {
      expect(name in store).toBe(false);
    }
  });

  it("refuses writes with read_only, where they were to go, and leaves everything as it is", async () => {
    const base = await filled();
    const store = readOnly(base);
    for (const call of [
      store.put("a", 9, { collection: "default_collection" }),
      store.putMany([
        ["a", 9],
        ["c", 9],
      ]),
      store.delete("a"),
      store.deleteMany(["a", "b"]),
    ]) {
      const error = await call.then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(KeyValueError);
      expect(error).toMatchObject({ code: "read_only", store: "memory", collection: "default_collection", key: "a" });
    }
    expect(await base.getMany(["a", "b", "c"])).toEqual([1, { n: 2 }, null]);
  });

  it("answers as if nothing was there to change when it is to ignore writes", async () => {
    const base = await filled();
    const store = readOnly(base, { onWrite: "ignore" });
    await store.put("a", 9);
    await store.putMany([["c", 9]]);
    expect(await store.delete("a")).toBe(false);
    expect(await store.deleteMany(["a", "b"])).toBe(0);
    expect(await base.getMany(["a", "b", "c"])).toEqual([1, { n: 2 }, null]);
  });

  it("checks the arguments of a write that it ignores", async () => {
    const store: AsyncKeyValue = readOnly(memoryStore(), { onWrite: "ignore" });
    const code = (call: Promise<unknown>) => call.then(String, (error) => error.code ?? error.name);
    expect(await code(store.put("a", new Date()))).toBe("not_serializable");
    expect(await code(store.put("a", 1, { ttl: 0 }))).toBe("invalid_ttl");
    expect(await code(store.delete(1 as unknown as string))).toBe("TypeError");
  });

  it("never writes to a store of somebody else", async () => {
    const base = await filled();
    const store = readOnly({ ...base });
    expect(await store.get("a")).toBe(1);
    await store.delete("a").catch(() => {});
    expect(await base.get("a")).toBe(1);
  });

  it("refuses a wrong option", () => {
    expect(() => readOnly(memoryStore(), { onWrite: "skip" as "ignore" })).toThrow(TypeError);
  });
});
