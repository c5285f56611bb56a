import { compareCodePoints } from "../../core/order.ts";
import { all, pages } from "./key-listings.ts";
import type { Suite } from "./suite.ts";

/** Listings of collections: each collection with an entry, once. */
export function collectionListings({ having, options }: Suite): void {
  const test = having("listCollections");

  test("a collection is listed while it holds something", async ({ store, collection: prefix, expect }) => {
    const at = { collection: `${prefix}a` };
    expect(await all(store.collections({ prefix }))).toEqual([]);
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      at,
    );
    expect(await all(store.collections({ prefix }))).toEqual([`${prefix}a`]);
    await store.delete("a", at);
    expect(await all(store.collections({ prefix }))).toEqual([`${prefix}a`]);
    await store.delete("b", at);
    expect(await all(store.collections({ prefix }))).toEqual([]);
  });

  test("limit is the most that a page or an iterator gives, and the cursor goes on", async ({
    store,
    collection: prefix,
    expect,
  }) => {
    const names = Array.from({ length: 12 }, (_, i) => `${prefix}${String.fromCharCode(97 + i)}`);
    await Promise.all(
      names.map((collection) =>
        store.putMany(
          [
            ["a", 1],
            ["b", 2],
            ["c", 3],
          ],
          { collection },
        ),
      ),
    );
    for (const limit of [1, 5, 12, 100]) {
      expect([...new Set(await pages((page) => store.listCollections(page), { prefix, limit }))].sort()).toEqual(names);
      const found = await all(store.collections({ prefix, limit }));
      expect(found.length).toBe(Math.min(limit, 12));
      expect(new Set(found).size).toBe(found.length);
    }
  });

  test("a prefix of collections is taken literally", async ({ store, collection: mine, expect }) => {
    // biome-ignore format: a table
    const names = [
      "a", "A", "a*", "a_", "ab", "%", "%25", ":", "::", "[a]", "é", "e\u0301", "😀", "\uD83D", "\uFF5E", "",
    ].map((name) => mine + name);
    await Promise.all(names.map((collection) => store.put("k", 1, { collection })));
    for (const prefix of ["", "a", "a*", "a_", "%", ":", "[a", "e", "\uD83D", "😀"].map((name) => mine + name)) {
      const expected = names.filter((name) => name.startsWith(prefix)).sort();
      expect([prefix, (await all(store.collections({ prefix }))).sort()]).toEqual([prefix, expected]);
    }
  });

  having("listCollections", "destroyCollection")(
    "a destroyed collection is not listed",
    async ({ store, collection, at, expect }) => {
      await store.put("k", 1, at);
      await store.destroyCollection(at);
      expect(await all(store.collections({ prefix: collection }))).toEqual([]);
    },
  );

  if (!options.ordered) return;

  test("an ordered store lists collections in code point order", async ({ store, collection: prefix, expect }) => {
    const names = ["", "\0", "!", ":", "::", "A", "a", "a:", "b", "é", "\uD800", "\uFF5E", "\u{10000}", "😀"].map(
      (name) => prefix + name,
    );
    await Promise.all([...names].reverse().map((collection) => store.put("k", 1, { collection })));
    const expected = [...names].sort(compareCodePoints);
    expect(await all(store.collections({ prefix }))).toEqual(expected);
    expect(await pages((page) => store.listCollections(page), { prefix, limit: 3 })).toEqual(expected);
  });
}
