import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { toDriver } from "../../src/index.ts";
import { copy } from "../../src/migrate.ts";
import { migrating } from "../../src/wrappers/migrating.ts";
import { objects } from "./objects.ts";

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    ({ code }) => code,
  );

describe("where durableObjectStore keeps entries", () => {
  it("is apart for each name, also for odd ones", async () => {
    const namespace = objects("names");
    const names = [undefined, "", "a", "a-1", "1", "a::b", "\ud83d", "\ude00"];
    const stores = names.map((name) => durableObjectStore(namespace, { name, shards: 2 }));
    for (const [i, store] of stores.entries()) await store.put("k", i);
    for (const [i, store] of stores.entries()) expect(await store.get("k")).toBe(i);
    expect(await stores[2]?.destroy()).toBe(true);
    for (const [i, store] of stores.entries()) expect(await store.get("k")).toBe(i === 2 ? null : i);
    expect(await codeOf(durableObjectStore(namespace, { name: "a-1", shards: 3 }).get("k"))).toBe("misconfigured");
  });

  it("is one object for each collection, which can be listed and destroyed", async () => {
    const namespace = objects("collections");
    const store = durableObjectStore(namespace, { placement: "collection" });
    await store.put("k", 1, { collection: "a" });
    await store.put("k", 2, { collection: "b" });
    expect(new Set(namespace.calls.map(({ object }) => object)).size).toBe(2);
    expect(namespace.calls).toHaveLength(2);
    expect(await store.increment("k", 1, { collection: "a" })).toBe(2);
    expect((await store.listKeys({ collection: "a" })).names).toEqual(["k"]);
    expect(await store.destroyCollection({ collection: "a" })).toBe(true);
    expect(await store.get("k", { collection: "b" })).toBe(2);
    for (const missing of ["listCollections", "collections", "destroy", "cull"]) expect(missing in store).toBe(false);
  });

  it("is the object that a function names, also for a bulk, and then nothing can be listed", async () => {
    const namespace = objects("tenants");
    const store = durableObjectStore(namespace, { placement: (_, key) => key.split(":")[0] as string });
    await store.putMany([
      ["acme:1", 1],
      ["acme:2", 2],
      ["other:1", 3],
    ]);
    expect(namespace.calls).toHaveLength(2);
    expect(await store.getMany(["other:1", "acme:2", "acme:1", "acme:3"])).toEqual([3, 2, 1, null]);
    expect(await store.take("acme:1")).toBe(1);
    expect(new Set(namespace.calls.map(({ object }) => object)).size).toBe(2);
    for (const missing of ["listKeys", "keys", "listCollections", "destroyCollection", "destroy", "cull"]) {
      expect(missing in store).toBe(false);
    }
    expect(toDriver(store).consistency).toBe("strong");
  });

  it("is refused where it makes no sense", async () => {
    const namespace = objects("wrong");
    for (const wrong of [{ placement: "tenant" }, { placement: "collection", shards: 2 }, { name: 1 }]) {
      expect(() => durableObjectStore(namespace, wrong as never)).toThrow(TypeError);
    }
    const store = durableObjectStore(namespace, { placement: () => 1 as never });
    await expect(store.get("k")).rejects.toThrow(TypeError);
  });
});

describe("a write beside destroy()", () => {
  it("leaves no objects that disagree about the number of shards", async () => {
    const namespace = objects("beside");
    for (let round = 0; round < 4; round++) {
      const shards = 2 + (round % 3);
      const store = durableObjectStore(namespace, { shards });
      await store.put("k", 1);
      const writers = Array.from({ length: 20 }, (_, i) => store.put(`k${i}`, i));
      const others = Array.from({ length: 4 }, (_, i) =>
        codeOf(durableObjectStore(namespace, { shards: 5 }).put(`k${i}`, i)),
      );
      const codes = await Promise.all([...[store.destroy(), ...writers].map(codeOf), ...others]);
      for (const code of codes) expect(["none", "unavailable", "misconfigured"]).toContain(code);
      // Whoever has the store now can destroy it, and it is free for any other number.
      const [mine, theirs] = [store, durableObjectStore(namespace, { shards: 5 })];
      const destroyed = await Promise.all([codeOf(mine.destroy()), codeOf(theirs.destroy())]);
      expect(destroyed).toContain("none");
      const next = durableObjectStore(namespace, { shards: 7 });
      const free = (await codeOf(next.put("k", 1))) === "none" ? next : theirs;
      expect(await codeOf(Promise.all(Array.from({ length: 20 }, (_, i) => free.put(`k${i}`, i))))).toBe("none");
      expect(await codeOf(free.destroy())).toBe("none");
    }
  });

  it("does not fail for writers of the same store", async () => {
    const store = durableObjectStore(objects("same"), { shards: 4 });
    await store.put("k", 1);
    const writes = Array.from({ length: 20 }, (_, i) => store.put(`k${i}`, i));
    expect(await Promise.all([...writes, store.destroy()].map(codeOf))).toEqual(Array(21).fill("none"));
    await store.putMany(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]));
    expect(await store.destroy()).toBe(true);
    expect(await codeOf(durableObjectStore(objects("same"), { shards: 3 }).put("k", 1))).toBe("none");
  });
});

describe("growing from 4 to 16 objects", () => {
  it("loses nothing and brings nothing back while people write", async () => {
    const namespace = objects("growing");
    const small = durableObjectStore(namespace, { shards: 4 });
    await small.putMany(Array.from({ length: 60 }, (_, i) => [`k${i}`, i]));
    await small.put("visits", 100);
    const large = durableObjectStore(namespace, { shards: 16, name: "v2" });
    const store = migrating(small, large);
    const traffic = async () => {
      for (let i = 0; i < 20; i++) {
        await Promise.all([store.increment("visits"), store.delete(`k${i}`), store.put(`k${i + 20}`, "new")]);
      }
    };
    const [result] = await Promise.all([copy(small, large), traffic(), traffic()]);
    expect(result.failed).toBe(0);
    expect(await store.get("visits")).toBe(140);
    const expected = Array.from({ length: 60 }, (_, i) => (i < 20 ? null : i < 40 ? "new" : i));
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    expect(await store.getMany(keys)).toEqual(expected);
    expect(await large.getMany(keys.slice(20))).toEqual(expected.slice(20));
    // At the end the old objects are emptied, and the new ones keep what they have.
    await small.destroy();
    expect(await large.getMany([...keys.slice(20), "visits"])).toEqual([...expected.slice(20), 140]);
    expect(await small.getMany(keys)).toEqual(keys.map(() => null));
  });
});
