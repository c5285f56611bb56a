import { createStorage, prefixStorage, restoreSnapshot, snapshot } from "unstorage";
import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { toUnstorageDriver } from "../../src/interop/unstorage.ts";
import { atTime, storeWith } from "./support.ts";

const storageOn = (store = memoryStore(), options?: Parameters<typeof toUnstorageDriver>[1]) =>
  createStorage({ driver: toUnstorageDriver(store, options) });

describe("unstorage on a store", () => {
  it("keeps items of every kind that it serializes, and removes them", async () => {
    const storage = storageOn();
    for (const value of ["text", 7, true, { deep: ["é😀"] }, [1], ""]) {
      await storage.setItem("a:b", value);
      expect(await storage.getItem("a:b")).toEqual(value);
    }
    expect([await storage.hasItem("a/b"), await storage.hasItem("a:c")]).toEqual([true, false]);
    await storage.removeItem("a:b");
    expect(await storage.getItem("a:b")).toBe(null);
  });

  it("lists keys under a base, and clears all of it", async () => {
    const storage = storageOn();
    const keys = Array.from({ length: 1200 }, (_, i) => `logs:${i}`);
    await storage.setItems([...keys, "users:ann", "users:bob"].map((key) => ({ key, value: key })));
    expect((await storage.getKeys()).length).toBe(1202);
    expect(await storage.getKeys("users")).toEqual(["users:ann", "users:bob"]);
    expect(await storage.getKeys("", { maxDepth: 0 })).toEqual([]);
    await storage.clear();
    expect(await storage.getKeys()).toEqual([]);
  });

  it("lists a key once that the backend repeats", async () => {
    const pages = [{ names: ["a", "b"], cursor: "more" }, { names: ["b", "c"] }];
    const { store } = storeWith(() => ({ repeatsNames: true, listKeys: (_, { cursor }) => pages[cursor ? 1 : 0]! }));
    expect(await createStorage({ driver: toUnstorageDriver(store) }).getKeys()).toEqual(["a", "b", "c"]);
  });

  it("keeps an item for ever whose TTL is longer than a store takes", async () => {
    const storage = storageOn();
    await storage.setItem("k", 1, { ttl: Number.POSITIVE_INFINITY });
    expect(await storage.getItem("k")).toBe(1);
    await expect(storage.setItem("k", 2, { ttl: -1 })).rejects.toThrow("ttl");
  });

  it("keeps mounts, prefixes and snapshots as unstorage has them", async () => {
    const [root, mounted] = [memoryStore(), memoryStore()];
    const storage = storageOn(root).mount("cache", toUnstorageDriver(mounted));
    await storage.setItem("cache:k", 1);
    await prefixStorage(storage, "own").setItem("k", 2);
    expect([
      await mounted.get("k", { collection: "unstorage" }),
      await root.get("own:k", { collection: "unstorage" }),
    ]).toEqual(["1", "2"]);
    const saved = await snapshot(storage, "");
    await storage.clear();
    await storage.clear("cache");
    expect(await storage.getKeys()).toEqual([]);
    await restoreSnapshot(storage, saved);
    expect((await storage.getKeys()).sort()).toEqual(["cache:k", "own:k"]);
  });

  it("reads and writes many items in one call, in each of which a repeated key keeps its last value", async () => {
    const calls: string[] = [];
    const { store } = storeWith(({ read, write }) => ({
      read: (...args) => [calls.push("read"), read(...args)][1] as ReturnType<typeof read>,
      write: (...args) => [calls.push("write"), write(...args)][1] as ReturnType<typeof write>,
    }));
    const storage = storageOn(store);
    await storage.setItems([
      { key: "a", value: 1 },
      { key: "b", value: 2 },
      { key: "a", value: 3 },
    ]);
    expect(await storage.getItems(["b", "none", "a"])).toEqual([
      { key: "b", value: 2 },
      { key: "none", value: null },
      { key: "a", value: 3 },
    ]);
    expect(calls).toEqual(["write", "read"]);
  });

  it("expires items after their TTL, in one bulk each after its own, and tells what is left of it", () =>
    atTime(async (pass) => {
      const storage = storageOn(memoryStore(), { ttl: 1000 });
      await storage.setItem("short", 1, { ttl: 60 });
      await storage.setItem("default", 1);
      await storage.setItems(
        [
          { key: "own", value: 1, options: { ttl: 30 } },
          { key: "common", value: 1 },
        ],
        { ttl: 100 },
      );
      expect([await storage.getMeta("short"), await storage.getMeta("default")]).toEqual([{ ttl: 60 }, { ttl: 1000 }]);
      pass(59);
      expect((await storage.getKeys()).sort()).toEqual(["common", "default", "short"]);
      pass(2);
      expect(await storage.getItem("short")).toBe(null);
      pass(40);
      expect(await storage.getKeys()).toEqual(["default"]);
      pass(900);
      expect(await storage.getKeys()).toEqual([]);
    }));

  it("keeps raw bytes, large ones too, and lets text be read raw and bytes as text", async () => {
    const storage = storageOn();
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    for (const body of [bytes, bytes.buffer, new DataView(bytes.buffer)]) {
      await storage.setItemRaw("raw", body);
      expect(new Uint8Array((await storage.getItemRaw<Uint8Array>("raw")) ?? [])).toEqual(bytes);
    }
    await storage.setItemRaw("raw", new TextEncoder().encode("é"));
    expect(await storage.getItem("raw")).toBe("é");
    await storage.setItem("text", "base64:AA==");
    expect(await storage.getItemRaw("text")).toBe("base64:AA==");
    await storage.setItemRaw("text", "as it is");
    expect(await storage.getItem("text")).toBe("as it is");
    await expect(storage.setItemRaw("k", { no: "bytes" })).rejects.toThrow(TypeError);
  });

  it("keeps unstorage's own metadata beside an item", async () => {
    const storage = storageOn();
    await storage.setItem("k", 1);
    await storage.setMeta("k", { mtime: new Date(0), tag: "x" });
    expect(await storage.getMeta("k")).toEqual({ mtime: new Date(0), tag: "x" });
    expect(await storage.getKeys()).toEqual(["k"]);
    await storage.removeItem("k", { removeMeta: true });
    expect(await storage.getMeta("k")).toEqual({});
  });

  it("takes what others stored in its collection for corrupted", async () => {
    const store = memoryStore();
    for (const value of [0, [], { base64: "?" }, { other: 1 }]) {
      await store.put("k", value, { collection: "mine" });
      await expect(storageOn(store, { collection: "mine" }).getItem("k")).rejects.toThrow("not written by unstorage");
    }
  });

  it("closes a store that can be closed when it is disposed of", async () => {
    let closed = 0;
    const { store } = storeWith(() => ({ close: () => void closed++ }));
    await storageOn(store).dispose();
    expect(closed).toBe(1);
  });

  it("refuses a store that cannot list its keys", () => {
    const { listKeys: _, ...unlisted } = memoryStore();
    expect(() => toUnstorageDriver(unlisted as never)).toThrow("a store that can list its keys");
  });
});
