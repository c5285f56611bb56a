import { Keyv } from "keyv";
import { Keyv as Keyv5 } from "keyv5";
import { describe, expect, it } from "#test";
import { KeyValueError, memoryStore } from "../../src/index.ts";
import { toKeyv, toKeyv5 } from "../../src/interop/keyv.ts";
import { movedClock } from "../support/clock.ts";
import { atTime, storeWith } from "./support.ts";

const wait = movedClock();

/** What both versions of Keyv have. */
interface AnyKeyv {
  get(key: string): Promise<unknown>;
  getMany(keys: string[]): Promise<unknown[]>;
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  setMany(entries: { key: string; value: unknown; ttl?: number }[]): Promise<boolean[]>;
  delete(key: string): Promise<boolean>;
  has(key: string): Promise<boolean>;
  hasMany(keys: string[]): Promise<boolean[]>;
  clear(): Promise<void>;
  disconnect(): Promise<void>;
  iterator?: ((argument: unknown) => AsyncGenerator) | (() => AsyncGenerator);
  on(event: string, listener: (error: unknown) => void): unknown;
}

type Listed = ReturnType<typeof memoryStore>;

const versions: [version: string, make: (store: Listed, namespace?: string) => AnyKeyv][] = [
  ["6", (store, namespace) => new Keyv({ store: toKeyv(store), ...(namespace !== undefined && { namespace }) })],
  ["5", (store, namespace) => new Keyv5({ store: toKeyv5(store), ...(namespace !== undefined && { namespace }) })],
];

async function entries(keyv: AnyKeyv): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const entry of keyv.iterator?.(undefined) ?? []) found.push(entry);
  return found;
}

for (const [version, make] of versions) {
  describe(`Keyv ${version} on a store`, () => {
    it("keeps values of every kind that it serializes, and removes them", async () => {
      const keyv = make(memoryStore());
      for (const value of ["text", 0, false, null, { deep: [1, "é😀"] }, ""]) {
        expect(await keyv.set("k", value)).toBe(true);
        expect(await keyv.get("k")).toEqual(value);
      }
      expect([await keyv.has("k"), await keyv.has("none")]).toEqual([true, false]);
      expect([await keyv.delete("k"), await keyv.delete("k")]).toEqual([true, false]);
      expect(await keyv.get("k")).toBe(undefined);
    });

    it("expires a key to the millisecond, and never where it has no TTL", async () => {
      const store = memoryStore();
      const keyv = make(store);
      await keyv.set("short", 1, 60_000);
      await keyv.set("zero", 1, 0);
      await keyv.set("endless", 1, Number.POSITIVE_INFINITY);
      await keyv.set("far", 1, Number.MAX_SAFE_INTEGER);
      wait(59.99);
      expect(await keyv.get("short")).toBe(1);
      wait(0.02);
      expect(await keyv.getMany(["short", "zero", "endless", "far"])).toEqual([undefined, 1, 1, 1]);
      expect(await keyv.hasMany(["short", "zero"])).toEqual([false, true]);
    });

    it("keeps namespaces apart, iterates over one and clears one", async () => {
      const store = memoryStore();
      const [ann, bob] = [make(store, "ann"), make(store, "bob")];
      const keys = Array.from({ length: 1500 }, (_, i) => `k${i}`);
      await ann.setMany(keys.map((key) => ({ key, value: key })));
      await bob.set("k1", "bob's");
      expect(await ann.get("k1")).toBe("k1");
      expect((await entries(ann)).length).toBe(1500);
      expect(await entries(bob)).toEqual([["k1", "bob's"]]);
      await ann.clear();
      expect(await entries(ann)).toEqual([]);
      expect(await bob.get("k1")).toBe("bob's");
    });

    it("reads and writes many keys in one call, where they expire at the same moment", () =>
      atTime(async () => {
        const calls: string[] = [];
        const { store } = storeWith(({ read, write }) => ({
          read: (...args) => [calls.push("read"), read(...args)][1] as ReturnType<typeof read>,
          write: (...args) => [calls.push("write"), write(...args)][1] as ReturnType<typeof write>,
        }));
        const keyv = make(store);
        const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
        const results = await keyv.setMany(keys.map((key) => ({ key, value: key, ttl: 1000 })));
        expect(results).toEqual(keys.map(() => true));
        expect(await keyv.getMany(keys)).toEqual(keys);
        expect(calls).toEqual(["write", "read"]);
      }));

    it("hears of a failure of the store, and answers as Keyv does", async () => {
      const fail = () => {
        throw new KeyValueError("unavailable", "out of order");
      };
      const keyv = make(storeWith(() => ({ read: fail, write: fail, remove: fail })).store);
      const heard: unknown[] = [];
      keyv.on("error", (error) => heard.push((error as KeyValueError).code));
      expect([await keyv.get("k"), await keyv.set("k", 1), await keyv.delete("k")]).toEqual([undefined, false, false]);
      expect(heard).toEqual(["unavailable", "unavailable", "unavailable"]);
    });

    it("is refused by a store that cannot list its keys", () => {
      const { listKeys: _, ...unlisted } = memoryStore();
      expect(() => make(unlisted as never)).toThrow("a store that can list its keys");
    });
  });
}

describe("the storage adapter for Keyv 6", () => {
  it("keeps every namespace in a collection of its own, whatever its name", async () => {
    const store = memoryStore();
    const [one, other, none] = [toKeyv(store), toKeyv(store), toKeyv(store)];
    one.namespace = "a:b";
    other.namespace = "a";
    await one.set("c", 1);
    await other.set("b:c", 2);
    await none.set("a:b:c", 3);
    expect([await one.get("c"), await other.get("b:c"), await none.get("a:b:c")]).toEqual([1, 2, 3]);
    await none.clear();
    expect([await one.get("c"), await other.get("b:c"), await none.get("a:b:c")]).toEqual([1, 2, undefined]);
  });

  it("says of each key of a bulk whether it was removed", async () => {
    const keyv = new Keyv({ store: toKeyv(memoryStore()) });
    await keyv.setMany([
      { key: "a", value: 1 },
      { key: "c", value: 1 },
    ]);
    expect(await keyv.deleteMany(["a", "b", "c"])).toEqual([true, false, true]);
    expect(await keyv.getMany(["a", "c"])).toEqual([undefined, undefined]);
  });

  it("gives each entry of a bulk its own deadline, and removes what has expired already", async () => {
    const store = memoryStore();
    const adapter = toKeyv(store);
    await adapter.set("gone", "old");
    const now = Date.now();
    await adapter.setMany([
      { key: "a", value: "first", expires: now + 1000 },
      { key: "b", value: 1, expires: now + 500_000 },
      { key: "c", value: 1 },
      { key: "gone", value: 1, expires: now - 1 },
      { key: "a", value: "last" },
    ]);
    const found = await store.ttlMany(["a", "b", "c", "gone"], { collection: "keyv" });
    expect(found.map((one) => one && [one.value, one.ttl && Math.round(one.ttl)])).toEqual([
      ["last", null],
      [1, 500],
      [1, null],
      null,
    ]);
  });

  it("stores plain JSON where Keyv does not serialize", async () => {
    const store = memoryStore();
    const keyv = new Keyv({ store: toKeyv(store), serialization: false });
    await keyv.set("k", { a: 1 });
    expect(await store.get("k", { collection: "keyv" })).toEqual({ value: { a: 1 } });
    expect(await keyv.get("k")).toEqual({ a: 1 });
  });

  it("closes a store that can be closed when Keyv disconnects", async () => {
    let closed = 0;
    const { store } = storeWith(() => ({ close: () => void closed++ }));
    await new Keyv({ store: toKeyv(store) }).disconnect();
    await new Keyv5({ store: toKeyv5(store) }).disconnect();
    await new Keyv({ store: toKeyv(memoryStore()) }).disconnect();
    expect(closed).toBe(2);
  });
});
