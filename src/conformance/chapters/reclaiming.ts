import { all } from "./key-listings.ts";
import type { Suite } from "./suite.ts";

/** The methods that remove entries without naming keys: destroyCollection, destroy and cull. */
export function reclaiming({ having }: Suite): void {
  const destroyingCollections = having("destroyCollection");

  destroyingCollections(
    "destroyCollection removes all of a collection and nothing else",
    async ({ store, at, collection, expect }) => {
      const others = [
        `${collection}2`,
        `${collection}:`,
        `${collection}::`,
        `${collection}*`,
        collection.slice(0, -1),
        `x${collection}`,
      ];
      const keys = Array.from({ length: 130 }, (_, i) => `::${i}`);
      await store.putMany(
        keys.map((key) => [key, 1]),
        at,
      );
      for (const other of others) await store.put(":k", other, { collection: other });
      expect(await store.destroyCollection(at)).toBe(true);
      expect((await store.getMany(keys, at)).every((value) => value === null)).toBe(true);
      for (const other of others) expect(await store.get(":k", { collection: other })).toBe(other);
      expect(await store.destroyCollection(at)).toBe(false);
      await store.put("::1", "again", at);
      expect(await store.getMany(["::1", "::2"], at)).toEqual(["again", null]);
    },
  );

  destroyingCollections("destroyCollection of a collection that never was is false", async ({ store, at, expect }) => {
    expect(await store.destroyCollection(at)).toBe(false);
  });

  destroyingCollections(
    "destroyCollection of nothing but expired entries is false",
    async ({ store, at, expect, short, untilExpired }) => {
      await store.put("k", 1, { ...at, ttl: short });
      await untilExpired();
      expect(await store.destroyCollection(at)).toBe(false);
    },
  );

  having("destroyCollection", "listKeys")("a destroyed collection lists no keys", async ({ store, at, expect }) => {
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      at,
    );
    await store.destroyCollection(at);
    expect(await all(store.keys(at))).toEqual([]);
  });

  const destroying = having("destroy");

  destroying("destroy removes everything, and the store can be used again", async ({ store, unique, expect }) => {
    const places = [{ collection: unique() }, { collection: unique() }, {}];
    const key = unique();
    for (const at of places) await store.put(key, 1, at);
    expect(await store.destroy()).toBe(true);
    for (const at of places) expect(await store.get(key, at)).toBe(null);
    expect(await store.destroy()).toBe(false);
    await store.put(key, 2);
    expect(await store.get(key)).toBe(2);
    expect(await store.delete(key)).toBe(true);
  });

  having("destroy", "swap")("destroy of nothing but what was taken is false", async ({ store, at, expect }) => {
    await store.destroy();
    await store.increment("k", 1, at);
    await store.take("k", at);
    expect(await store.destroy()).toBe(false);
  });

  destroying("destroy of nothing but expired entries is false", async ({ store, at, expect, short, untilExpired }) => {
    await store.destroy();
    await store.put("k", 1, { ...at, ttl: short });
    await untilExpired();
    expect(await store.destroy()).toBe(false);
  });

  having("cull")(
    "cull reclaims what has expired and leaves the rest",
    async ({ store, at, unique, expect, short, untilExpired }) => {
      const other = { collection: unique() };
      await store.putMany(
        [
          ["a", 1],
          ["b", 2],
        ],
        { ...at, ttl: short },
      );
      await store.put("c", 3, { ...at, ttl: 600 });
      await store.put("k", 4, { ...other, ttl: short });
      await store.put("l", 5, other);
      await untilExpired();
      const culled = await store.cull();
      expect(Number.isSafeInteger(culled)).toBe(true);
      expect(culled).toBeGreaterThanOrEqual(0);
      expect(await store.getMany(["a", "b", "c"], at)).toEqual([null, null, 3]);
      expect(await store.getMany(["k", "l"], other)).toEqual([null, 5]);
      expect(await store.cull()).toBe(0);
    },
  );
}
