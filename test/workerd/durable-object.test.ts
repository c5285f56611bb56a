import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import {
  type DurableObjectStoreOptions,
  type DurableObjects,
  durableObjectStore,
} from "../../src/adapters/durable-object.ts";
import { shardOf } from "../../src/adapters/objects/shard.ts";
import { hold } from "../../src/core/operations/hold.ts";
import { limit } from "../../src/core/operations/limit.ts";
import { compareCodePoints } from "../../src/core/order.ts";
import { type AnyDriver, toDriver } from "../../src/index.ts";
import { bindings, objects } from "./objects.ts";

/** The failure of a promise. */
async function failureOf(work: Promise<unknown>): Promise<Record<string, unknown>> {
  return work.then(
    () => ({ code: "no failure" }),
    (error) => error,
  );
}

/** A store over objects of its own, and a way to forget the calls that are not of interest. */
function storeOver(scope: string, options: DurableObjectStoreOptions & { readonly placement?: "hash" } = {}) {
  const namespace = objects(scope);
  const store = durableObjectStore(namespace, options);
  const callsOf = async (work: () => Promise<unknown>) => {
    namespace.calls.length = 0;
    await work();
    return namespace.calls.map(({ object, operation }) => `${object} ${operation}`).sort();
  };
  return { namespace, store, callsOf };
}

describe("durableObjectStore", () => {
  it("makes one call for an operation, also for a bulk", async () => {
    const { store, callsOf } = storeOver("calls");
    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
    expect(await callsOf(() => store.putMany(keys.map((key) => [key, { key }])))).toEqual(["edge-key-value-0 write"]);
    expect(await callsOf(() => store.getMany(keys))).toEqual(["edge-key-value-0 read"]);
    expect(await callsOf(() => store.put("k", 1))).toEqual(["edge-key-value-0 writeOne"]);
    expect(await callsOf(() => store.get("k"))).toEqual(["edge-key-value-0 readOne"]);
    expect(await callsOf(() => store.deleteMany(keys))).toEqual(["edge-key-value-0 remove"]);
    expect(await callsOf(() => store.putIfAbsent("new", 1))).toEqual(["edge-key-value-0 swap"]);
    expect(await callsOf(() => store.increment("k"))).toEqual(["edge-key-value-0 apply"]);
    expect(await callsOf(() => store.take("k"))).toEqual(["edge-key-value-0 apply"]);
    expect(await callsOf(() => store.touch("k", 60))).toEqual(["edge-key-value-0 apply"]);
    const { apply }: AnyDriver = toDriver(store);
    const taken = { limit: 2, window: 60_000, cost: 1 };
    const held = { owner: "me", life: 60_000, take: true };
    expect(await callsOf(async () => apply?.("limits", "ip", limit, taken))).toEqual(["edge-key-value-0 apply"]);
    expect(await callsOf(async () => apply?.("locks", "k", hold, held))).toEqual(["edge-key-value-0 apply"]);
    const update = await callsOf(() => store.update<number>("k", (n) => (n ?? 0) + 1));
    expect(update).toEqual(["edge-key-value-0 readOne", "edge-key-value-0 swap"]);
    expect(await callsOf(() => store.listKeys())).toEqual(["edge-key-value-0 listKeys"]);
    expect(await callsOf(() => store.cull())).toEqual(["edge-key-value-0 cull"]);
  });

  it("makes one call to each object that keeps some of the keys, two more to an object that it is the first to call", async () => {
    const { store, callsOf } = storeOver("calls of 4", { shards: 4 });
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    const of = (operation: string) => [0, 1, 2, 3].map((shard) => `edge-key-value-${shard} ${operation}`);
    const first = await callsOf(() => store.putMany(keys.map((key) => [key, 1])));
    const claims = Array<string>(3).fill("edge-key-value-0 claim");
    expect(first).toEqual([...of("write"), ...of("write").slice(1), ...claims].sort());
    expect(await callsOf(() => store.getMany(keys))).toEqual(of("read"));
    expect(await callsOf(() => store.get("k7"))).toEqual([
      `edge-key-value-${shardOf("default_collection", "k7", 4)} readOne`,
    ]);
    expect(await callsOf(() => store.listKeys())).toEqual(of("listKeys"));
    expect(await callsOf(() => store.destroyCollection())).toEqual(of("destroyCollection"));
  });

  it("hands on where objects are to be created, and the jurisdiction that they stay in", async () => {
    const asked: unknown[] = [];
    const spy: DurableObjects = {
      idFromName: (name) => bindings.OBJECTS.idFromName(`where/${name}`),
      get(id, options) {
        asked.push(options);
        return bindings.OBJECTS.get(id as DurableObjectId);
      },
      jurisdiction(jurisdiction) {
        asked.push(jurisdiction);
        return spy;
      },
    };
    await durableObjectStore(spy).get("a");
    await durableObjectStore(spy, { locationHint: "weur", jurisdiction: "eu" }).get("a");
    expect(asked).toEqual([undefined, "eu", { locationHint: "weur" }]);
  });

  it("splits what would not fit one call, both ways", async () => {
    const { store, callsOf } = storeOver("large");
    // The first are a byte a character on the way, the others two, however few are in the store's own limit.
    const texts = ["x".repeat(1_900_000), `日${"x".repeat(1_900_000)}`];
    const entries = Array.from({ length: 24 }, (_, i) => [`k${i}`, texts[i % 2] as string] as const);
    const written = await callsOf(() => store.putMany(entries));
    expect(written.length).toBeGreaterThan(1);
    expect(written.length).toBeLessThan(12);
    let found: (string | null)[] = [];
    const read = await callsOf(async () => {
      found = await store.getMany<string>(entries.map(([key]) => key));
    });
    expect(read.length).toBe(written.length);
    expect(found.every((text, i) => text === entries[i]?.[1])).toBe(true);
    expect(await store.destroy()).toBe(true);
  });

  it("refuses what is too large for a row before it calls", async () => {
    const { store, callsOf } = storeOver("too large");
    const calls = await callsOf(async () => {
      const value = "x".repeat(2_000_000);
      expect(await failureOf(store.put("k", value))).toMatchObject({ code: "too_large", key: "k", limit: 1_999_800 });
      expect(
        await failureOf(
          store.putMany([
            ["a", 1],
            ["b", value],
          ]),
        ),
      ).toMatchObject({ code: "too_large", key: "b" });
      expect(await failureOf(store.putIfAbsent("k", value))).toMatchObject({ code: "too_large", size: 2_000_021 });
      // What counts is bytes.
      expect(await failureOf(store.put("k", "é".repeat(1_000_000)))).toMatchObject({ code: "too_large" });
      expect(await failureOf(store.put("k".repeat(1_000_000), "x".repeat(1_000_000)))).toMatchObject({
        code: "too_large",
      });
      expect(await failureOf(store.get("k".repeat(2_000_000)))).toMatchObject({ code: "too_large" });
      expect(await failureOf(store.delete("k".repeat(2_000_000)))).toMatchObject({ code: "too_large" });
    });
    expect(calls).toEqual([]);
    const key = "k".repeat(999_000);
    await store.put(key, "x".repeat(1_000_000));
    expect(await store.get<string>(key)).toHaveLength(1_000_000);
  });

  it("lists in the order of code points over all objects, page after page", async () => {
    const { store } = storeOver("order", { shards: 4 });
    const names = [
      "",
      "a",
      "b",
      "\u0000",
      "～",
      "😀",
      "\ud83d",
      "\ude00",
      "\ud7ff",
      "\ue000",
      "%uD83D",
      "a\u0000b",
      "\ud83d!",
    ].concat(Array.from({ length: 50 }, (_, i) => `user:${i}`));
    const sorted = [...names].sort(compareCodePoints);
    await store.putMany(
      names.map((name) => [name, 1]),
      { collection: "c" },
    );
    for (const name of names) await store.put("k", 1, { collection: name });
    for (const limit of [1, 7, 63, 1000]) {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listKeys({ collection: "c", cursor, limit });
        expect(page.names.length).toBeLessThan(limit + 1);
        found.push(...page.names);
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found).toEqual(sorted);
    }
    expect(await Array.fromAsync(store.collections())).toEqual([...sorted, "c"].sort(compareCodePoints));
    expect((await store.listKeys({ collection: "c", prefix: "user:1" })).names).toHaveLength(11);
    // Half of a pair is a prefix of the pair.
    expect((await store.listKeys({ collection: "c", prefix: "\ud83d" })).names).toEqual(["\ud83d", "\ud83d!", "😀"]);
    expect(await failureOf(store.listKeys({ cursor: "\ud83d" }))).toMatchObject({ code: "invalid_cursor" });
  });

  it("lists names that are too long for one answer", async () => {
    const { store } = storeOver("long names", { shards: 2 });
    const names = Array.from({ length: 30 }, (_, i) => `${String(i).padStart(2, "0")}${"n".repeat(1_000_000)}`);
    await store.putMany(names.map((name) => [name, 1]));
    const first = await store.listKeys();
    expect(first.names.length).toBeLessThan(30);
    const found = await Array.fromAsync(store.keys());
    expect(found.map((name) => name.slice(0, 2))).toEqual(names.map((name) => name.slice(0, 2)));
    await store.destroy();
  });

  it("keeps an entry for each of a hundred writers at once, and counts every one of them", async () => {
    const { store } = storeOver("writers", { shards: 4 });
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await store.put(`k${i}`, i);
        await store.increment("count");
      }),
    );
    expect(await store.get("count")).toBe(100);
    expect(await store.getMany(Array.from({ length: 100 }, (_, i) => `k${i}`))).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  it("refuses stored text that is not JSON, or takes it for missing", async () => {
    const { namespace, store } = storeOver("corrupt");
    await store.putMany([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
    const spoil = () =>
      runInDurableObject(namespace.stub("edge-key-value-0"), (_, { storage }) => {
        storage.sql.exec("UPDATE edge_key_value SET value = '{\"secret' WHERE key = 'a'");
        storage.sql.exec("UPDATE edge_key_value SET value = 'null' WHERE key = 'b'");
      });
    await spoil();
    for (const work of [
      () => store.get("a"),
      () => store.ttl("b"),
      () => store.getMany(["c", "a"]),
      () => store.take("a"),
    ]) {
      const error = await failureOf(work());
      expect(error).toMatchObject({ code: "corrupted", store: "durable-object", collection: "default_collection" });
      expect(String(error)).not.toContain("secret");
    }
    const lenient = durableObjectStore(namespace, { onCorrupt: "miss" });
    expect(await lenient.getMany(["a", "b", "c"])).toEqual([null, null, 3]);
    expect(await lenient.putIfAbsent("a", "new")).toBe(true);
    expect(await lenient.increment("b", 5)).toBe(5);
    expect(await lenient.getMany(["a", "b", "c"])).toEqual(["new", 5, 3]);
  });
});
