import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { shardOf } from "../../src/adapters/objects/shard.ts";
import { bindings, objects } from "./objects.ts";

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    ({ code }) => code,
  );

/** A key that an object keeps. */
const keyOn = (shard: number, shards: number) => {
  for (let i = 0; ; i++) if (shardOf("default_collection", `k${i}`, shards) === shard) return `k${i}`;
};

describe("the number of shards", () => {
  for (const [made, other] of [
    [1, 2],
    [2, 1],
    [2, 4],
    [3, 2],
  ] as const) {
    it(`is refused when it is ${other} and was ${made}, whatever is called first`, async () => {
      for (let shard = 0; shard < made; shard++) {
        const namespace = objects(`${made}-${other}-${shard}`);
        const key = keyOn(shard, made);
        await durableObjectStore(namespace, { shards: made }).put(key, "kept");
        const store = durableObjectStore(namespace, { shards: other });
        for (let i = 0; i < other; i++) {
          expect(await codeOf(store.get(keyOn(i, other)))).toBe("misconfigured");
          expect(await codeOf(store.put(keyOn(i, other), 1))).toBe("misconfigured");
        }
        expect(await codeOf(store.listKeys())).toBe("misconfigured");
        expect(await codeOf(store.destroy())).toBe("misconfigured");
        expect(await codeOf(store.cull())).toBe("misconfigured");
        expect(await codeOf(store.putIfAbsent(key, 1))).toBe("misconfigured");
        expect(await durableObjectStore(namespace, { shards: made }).get(key)).toBe("kept");
      }
    });
  }

  it("is free again after destroy", async () => {
    const namespace = objects("free");
    const four = durableObjectStore(namespace, { shards: 4 });
    await four.putMany(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]));
    expect(await four.destroy()).toBe(true);
    const two = durableObjectStore(namespace, { shards: 2 });
    await two.put("k", 1);
    expect(await two.get("k")).toBe(1);
    expect(await codeOf(four.get("k"))).toBe("misconfigured");
  });

  it("is agreed on by stores that come first at the same time", async () => {
    const namespace = objects("race");
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const shards = 2 + (i % 2);
        return durableObjectStore(namespace, { shards })
          .put(`k${i}`, i)
          .then(
            () => shards,
            () => undefined,
          );
      }),
    );
    expect(new Set(results.filter(Boolean)).size).toBe(1);
    expect(results.filter(Boolean)).toHaveLength(10);
  });

  it("is a whole number of at least 1", () => {
    for (const shards of [0, -1, 1.5, Number.NaN, "2"]) {
      expect(() => durableObjectStore(bindings.OBJECTS, { shards: shards as number })).toThrow(TypeError);
    }
    expect(() => durableObjectStore(undefined as never)).toThrow("binding");
  });
});
