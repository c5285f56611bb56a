import { COLLIDING, NAMES } from "./hostile-names.ts";
import { rejection, type Suite } from "./suite.ts";

/** Every string is a name, and different strings are different names. */
export function names({ test, having }: Suite): void {
  test("every string is a key, apart from all others", async ({ store, at, expect }) => {
    await Promise.all(NAMES.map((name, i) => store.put(name, i, at)));
    const indexes = NAMES.map((_, i) => i);
    expect(await Promise.all(NAMES.map((name) => store.get(name, at)))).toEqual(indexes);
    expect(await store.getMany(NAMES, at)).toEqual(indexes);
    const removed = await Promise.all(NAMES.map((name, i) => i % 2 === 0 || store.delete(name, at)));
    expect(removed.every((answer) => answer)).toBe(true);
    expect(await store.getMany(NAMES, at)).toEqual(indexes.map((i) => (i % 2 === 0 ? i : null)));
  });

  test("every string is a key for the bulk methods as well", async ({ store, at, expect }) => {
    await store.putMany(
      NAMES.map((name, i) => [name, [i]]),
      at,
    );
    expect(await store.ttlMany(NAMES, at)).toEqual(NAMES.map((_, i) => ({ value: [i], ttl: null })));
    expect(await Promise.all(NAMES.map(async (name) => (await store.ttl(name, at))?.value))).toEqual(
      NAMES.map((_, i) => [i]),
    );
    const half = NAMES.filter((_, i) => i % 2 === 0);
    expect(await store.deleteMany(half, at)).toBe(half.length);
    expect(await store.getMany(NAMES, at)).toEqual(NAMES.map((_, i) => (i % 2 === 0 ? null : [i])));
  });

  test("every string is a collection, apart from all others", async ({ store, unique, expect }) => {
    const key = unique();
    await Promise.all(NAMES.map((collection, i) => store.put(key, i, { collection })));
    const found = await Promise.all(NAMES.map((collection) => store.get(key, { collection })));
    expect(found).toEqual(NAMES.map((_, i) => i));
    const removed = await Promise.all(NAMES.map((collection) => store.delete(key, { collection })));
    expect(removed).toEqual(NAMES.map(() => true));
  });

  test("no two pairs of collection and key meet", async ({ store, collection: mine, expect }) => {
    await Promise.all(COLLIDING.map(([collection, key], i) => store.put(key, i, { collection: mine + collection })));
    const found = COLLIDING.map(([collection, key]) => store.get(key, { collection: mine + collection }));
    expect(await Promise.all(found)).toEqual(COLLIDING.map((_, i) => i));
    for (const [i, [collection, key]] of COLLIDING.entries()) {
      expect([i, await store.delete(key, { collection: mine + collection })]).toEqual([i, true]);
      expect([i, await store.delete(key, { collection: mine + collection })]).toEqual([i, false]);
    }
  });

  test("long names that differ only at one end are two names", async ({ store, driver, at, expect }) => {
    const length = Math.floor((driver.limits?.keyBytes ?? 4000) / 2) - 1;
    const long = "n".repeat(length);
    const keys = [long, `${long}a`, `${long}b`, `a${long}`, `b${long}`];
    await store.putMany(
      keys.map((key, i) => [key, i]),
      at,
    );
    expect(await store.getMany(keys, at)).toEqual([0, 1, 2, 3, 4]);
    expect(await store.delete(keys[1] as string, at)).toBe(true);
    expect(await store.getMany(keys, at)).toEqual([0, null, 2, 3, 4]);
  });

  test("names about as long as the limit come back whole or are refused", async ({ store, driver, at, expect }) => {
    const limit = driver.limits?.keyBytes ?? 4000;
    const kept: string[] = [];
    for (const length of [limit - 120, limit - 60, limit - 30, limit - 1, limit]) {
      for (const key of [`${"n".repeat(length - 1)}a`, `${"n".repeat(length - 1)}b`]) {
        try {
          await store.put(key, key.length + key.slice(-1), at);
          kept.push(key);
        } catch (error) {
          expect((error as { code?: string }).code).toBe("too_large");
        }
      }
    }
    expect(await store.getMany(kept, at)).toEqual(kept.map((key) => key.length + key.slice(-1)));
  });

  test("a key over the backend's limit is refused as too large, and nothing is written", async ({
    store,
    driver,
    at,
    expect,
  }) => {
    const { keyBytes } = driver.limits ?? {};
    if (keyBytes === undefined) return;
    // Limits are in bytes: the second name has fewer characters than the limit.
    for (const key of ["n".repeat(keyBytes + 1), "é".repeat(Math.floor(keyBytes / 2) + 1)]) {
      for (const put of [
        () => store.put(key, 1, at),
        () =>
          store.putMany(
            [
              ["a", 1],
              [key, 1],
            ],
            at,
          ),
      ]) {
        const error = await rejection(put);
        expect([error.code, typeof error.limit]).toEqual(["too_large", "number"]);
        expect(error.size).toBeGreaterThanOrEqual((error.limit as number) + 1);
      }
    }
    expect(await store.get("a", at)).toBe(null);
  });

  having("listKeys")("a listing gives every string back as it was", async ({ store, at, expect }) => {
    const long = "n".repeat(200);
    const names = [...NAMES, long, `${long}😀`];
    await store.putMany(
      names.map((name) => [name, 1]),
      at,
    );
    const found = [];
    for await (const name of store.keys(at)) found.push(name);
    expect(found.sort()).toEqual([...names].sort());
  });

  having("listCollections")(
    "a list of collections gives every string back as it was",
    async ({ store, unique, expect }) => {
      const key = unique();
      await Promise.all(NAMES.map((collection) => store.put(key, 1, { collection })));
      const found = new Set<string>();
      for await (const name of store.collections()) found.add(name);
      expect(NAMES.filter((name) => !found.has(name))).toEqual([]);
      await Promise.all(NAMES.map((collection) => store.delete(key, { collection })));
    },
  );
}
