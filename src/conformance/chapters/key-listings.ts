import { compareCodePoints } from "../../core/order.ts";
import type { Page, PageOptions } from "../../core/protocol.ts";
import { NAMES, PREFIXES } from "./hostile-names.ts";
import type { Suite } from "./suite.ts";

/** Follows the cursor to the end, and checks that no page is longer than the limit. */
export async function pages(list: (options: PageOptions) => Promise<Page>, options: PageOptions): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  for (let calls = 0; calls < 10_000; calls++) {
    const page = await list({ ...options, cursor });
    if (page.names.length > (options.limit ?? Infinity))
      throw new Error(`a page of ${page.names.length} names is over the limit`);
    names.push(...page.names);
    cursor = page.cursor;
    if (cursor === undefined) return names;
  }
  throw new Error("the listing has no end");
}

export async function all(names: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of names) found.push(name);
  return found;
}

/** Listings of keys: each name once, no page longer than the limit, and nothing lost when keys are deleted in between. */
export function keyListings({ having, options }: Suite): void {
  const test = having("listKeys");
  const keys = Array.from({ length: 25 }, (_, i) => `key${String(i).padStart(2, "0")}`);
  const entries = keys.map((key) => [key, 1] as const);

  test("a collection without keys lists none", async ({ store, at, unique, expect }) => {
    await store.put("elsewhere", 1, { collection: unique() });
    expect(await all(store.keys(at))).toEqual([]);
    expect(await pages((page) => store.listKeys({ ...at, ...page }), {})).toEqual([]);
    await store.put("k", 1, at);
    await store.delete("k", at);
    expect(await all(store.keys(at))).toEqual([]);
  });

  test("all keys of the collection are listed, and no others", async ({ store, at, collection, expect }) => {
    await store.putMany(entries, at);
    await store.put("other", 1, { collection: `${collection}2` });
    await store.put("other", 1, { collection: `${collection}:` });
    expect((await all(store.keys(at))).sort()).toEqual(keys);
    const found = await pages((page) => store.listKeys({ ...at, ...page }), {});
    expect([...new Set(found)].sort()).toEqual(keys);
  });

  test("a call that names no collection lists the default collection", async ({ store, unique, expect }) => {
    const prefix = unique();
    await store.put(`${prefix}a`, 1);
    expect(await all(store.keys({ prefix }))).toEqual([`${prefix}a`]);
    expect(await pages((page) => store.listKeys(page), { prefix })).toEqual([`${prefix}a`]);
    await store.delete(`${prefix}a`);
  });

  test("limit is the most that a page or an iterator gives", async ({ store, at, expect }) => {
    await store.putMany(entries, at);
    for (const limit of [1, 7, 24, 25, 26, 1000]) {
      const paged = await pages((page) => store.listKeys({ ...at, ...page }), { limit });
      expect([limit, [...new Set(paged)].sort()]).toEqual([limit, keys]);
      const found = await all(store.keys({ ...at, limit }));
      expect(found.length).toBe(Math.min(limit, keys.length));
      expect(new Set(found).size).toBe(found.length);
    }
  });

  test("a prefix is taken literally", async ({ store, at, expect }) => {
    await store.putMany(
      NAMES.map((name) => [name, 1]),
      at,
    );
    for (const prefix of PREFIXES) {
      const expected = NAMES.filter((name) => name.startsWith(prefix)).sort();
      expect([prefix, (await all(store.keys({ ...at, prefix }))).sort()]).toEqual([prefix, expected]);
      const paged = await pages((page) => store.listKeys({ ...at, ...page }), { prefix, limit: 40 });
      expect([prefix, [...new Set(paged)].sort()]).toEqual([prefix, expected]);
    }
  });

  test("prefix and limit hold together, over pages too", async ({ store, at, expect }) => {
    await store.putMany([...entries, ["other", 1], ["kez", 1], ["ke", 1]], at);
    expect((await pages((page) => store.listKeys({ ...at, ...page }), { prefix: "key1", limit: 3 })).sort()).toEqual(
      keys.slice(10, 20),
    );
    expect((await all(store.keys({ ...at, prefix: "key1", limit: 4 }))).length).toBe(4);
  });

  test("what is deleted between pages takes nothing else along", async ({ store, at, expect }) => {
    await store.putMany(entries, at);
    const first = await store.listKeys({ ...at, limit: 8 });
    const gone = keys.filter((key, i) => first.names.includes(key) || i % 5 === 0);
    await store.deleteMany(gone, at);
    const rest =
      first.cursor === undefined
        ? []
        : await pages(({ cursor = first.cursor, ...page }) => store.listKeys({ ...at, ...page, cursor }), { limit: 8 });
    const stayed = keys.filter((key) => !gone.includes(key));
    expect(stayed.filter((key) => !first.names.includes(key) && !rest.includes(key))).toEqual([]);
    expect((await all(store.keys(at))).sort()).toEqual(stayed);
  });

  test("an iterator gives each key once while keys are deleted and put under its eyes", async ({
    store,
    at,
    expect,
  }) => {
    await store.putMany(entries, at);
    const found: string[] = [];
    for await (const key of store.keys(at)) {
      found.push(key);
      await store.delete(key, at);
      if (found.length === 5) await store.put("key05", 2, at);
    }
    expect(new Set(found).size).toBe(found.length);
    expect(keys.filter((key) => !found.includes(key))).toEqual([]);
  });

  test("an iterator can be left early and started again", async ({ store, at, expect }) => {
    await store.putMany(entries, at);
    for await (const key of store.keys(at)) {
      expect(keys).toContain(key);
      break;
    }
    expect((await all(store.keys(at))).sort()).toEqual(keys);
  });

  test("a long listing is whole", async ({ store, at, expect }) => {
    const many = Array.from({ length: 140 }, (_, i) => `${String(i).padStart(3, "0")}${"-".repeat(i % 40)}`);
    await store.putMany(
      many.map((key) => [key, 1]),
      at,
    );
    expect((await all(store.keys(at))).sort()).toEqual(many);
    expect([...new Set(await pages((page) => store.listKeys({ ...at, ...page }), { limit: 64 }))].sort()).toEqual(many);
  });

  if (!options.ordered) return;

  test("an ordered store lists in code point order, over pages too", async ({ store, at, expect }) => {
    await store.putMany(
      NAMES.map((name) => [name, 1]),
      at,
    );
    const expected = [...NAMES].sort(compareCodePoints);
    expect(await all(store.keys(at))).toEqual(expected);
    expect(await pages((page) => store.listKeys({ ...at, ...page }), { limit: 7 })).toEqual(expected);
  });
}
