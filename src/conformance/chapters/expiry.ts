import type { Suite } from "./suite.ts";

/** An entry exists until its deadline, and for no operation after it. No test depends on the speed of the machine. */
export function expiry({ test, having }: Suite): void {
  test("an entry is there before its deadline and absent from it on", async ({ store, at, expect, options, wait }) => {
    const { ttlGranularity = 0 } = options;
    const ttl = 0.2 + ttlGranularity;
    const earliest = Date.now() + ttl * 1000;
    await store.put("k", 1, { ...at, ttl });
    const latest = Date.now() + (ttl + ttlGranularity) * 1000;
    for (;;) {
      const before = Date.now();
      const value = await store.get("k", at);
      if (value === null) break;
      expect(value).toBe(1);
      expect(before).toBeLessThanOrEqual(latest);
      await wait(0.02);
    }
    expect(Date.now()).toBeGreaterThanOrEqual(earliest);
  });

  test("ttl gives the seconds that are left", async ({ store, at, expect, options }) => {
    const slack = (options.ttlGranularity ?? 0) + 0.002;
    for (const ttl of [0.9, 1.5, 30, 59.25, 60, 3600, 86_400 * 365]) {
      const before = Date.now();
      await store.put("k", { a: 1 }, { ...at, ttl });
      await store.putMany([["many", 2]], { ...at, ttl });
      const found = [await store.ttl("k", at), ...(await store.ttlMany(["k", "many"], at))];
      const passed = (Date.now() - before) / 1000;
      expect(found.map((entry) => entry?.value)).toEqual([{ a: 1 }, { a: 1 }, 2]);
      for (const entry of found) {
        expect(entry?.ttl).toBeLessThanOrEqual(ttl + slack);
        expect(entry?.ttl).toBeGreaterThanOrEqual(ttl - passed - slack);
      }
    }
  });

  test("the time that is left gets less", async ({ store, at, expect, wait }) => {
    await store.put("k", 1, { ...at, ttl: 100 });
    const first = (await store.ttl("k", at))?.ttl as number;
    await wait(0.05);
    expect(((await store.ttl("k", at))?.ttl as number) < first).toBe(true);
  });

  test("a TTL of centuries is kept", async ({ store, at, expect }) => {
    const ttl = 2e11;
    await store.put("k", 1, { ...at, ttl });
    const found = await store.ttl("k", at);
    expect(found?.value).toBe(1);
    expect(found?.ttl).toBeLessThanOrEqual(ttl + 1);
    expect(found?.ttl).toBeGreaterThanOrEqual(ttl - 60);
  });

  test("an expired entry is absent for every method", async ({ store, at, expect, short, untilExpired }) => {
    await store.put("k", 1, { ...at, ttl: short });
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      { ...at, ttl: short },
    );
    await store.put("stays", 3, at);
    await untilExpired();
    expect(await store.get("k", at)).toBe(null);
    expect(await store.ttl("k", at)).toBe(null);
    expect(await store.getMany(["k", "a", "stays"], at)).toEqual([null, null, 3]);
    expect(await store.ttlMany(["b", "stays"], at)).toEqual([null, { value: 3, ttl: null }]);
    expect(await store.delete("k", at)).toBe(false);
    expect(await store.deleteMany(["a", "b", "stays"], at)).toBe(1);
  });

  test("delete of an expired entry that nobody has read since is false", async ({
    store,
    at,
    expect,
    short,
    untilExpired,
  }) => {
    await store.put("k", 1, { ...at, ttl: short });
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      { ...at, ttl: short },
    );
    await untilExpired();
    expect(await store.delete("k", at)).toBe(false);
    expect(await store.deleteMany(["a", "b"], at)).toBe(0);
  });

  test("even the shortest TTL is one", async ({ store, at, expect, untilExpired }) => {
    await store.put("k", 1, { ...at, ttl: 0.0001 });
    await untilExpired();
    expect(await store.get("k", at)).toBe(null);
  });

  test("put without a TTL takes an earlier one away", async ({ store, at, expect, short, untilExpired }) => {
    await store.put("k", 1, { ...at, ttl: short });
    await store.put("k", 2, at);
    await store.put("many", 1, { ...at, ttl: short });
    await store.putMany([["many", 2]], at);
    expect(await store.ttl("k", at)).toEqual({ value: 2, ttl: null });
    await untilExpired();
    expect(await store.getMany(["k", "many"], at)).toEqual([2, 2]);
  });

  test("put with a TTL takes the place of an earlier one", async ({ store, at, expect, short, untilExpired }) => {
    await store.put("shorter", 1, { ...at, ttl: 600 });
    await store.put("shorter", 2, { ...at, ttl: short });
    await store.put("longer", 1, { ...at, ttl: short });
    await store.put("longer", 2, { ...at, ttl: 600 });
    await store.put("first", 1, at);
    await store.put("first", 2, { ...at, ttl: short });
    await untilExpired();
    expect(await store.getMany(["shorter", "longer", "first"], at)).toEqual([null, 2, null]);
  });

  test("a key that has expired can be put again", async ({ store, at, expect, short, untilExpired }) => {
    await store.put("k", 1, { ...at, ttl: short });
    await untilExpired();
    await store.put("k", 2, at);
    expect(await store.ttl("k", at)).toEqual({ value: 2, ttl: null });
    expect(await store.delete("k", at)).toBe(true);
  });

  having("listKeys")("a listing leaves expired keys out", async ({ store, at, expect, short, untilExpired }) => {
    await store.putMany(
      [
        ["a", 1],
        ["c", 3],
      ],
      { ...at, ttl: short },
    );
    await store.put("b", 2, { ...at, ttl: 600 });
    await store.put("d", 4, at);
    await untilExpired();
    const found: string[] = [];
    for await (const name of store.keys(at)) found.push(name);
    expect(found.sort()).toEqual(["b", "d"]);
    let page = await store.listKeys(at);
    const listed = [...page.names];
    while (page.cursor !== undefined) {
      page = await store.listKeys({ ...at, cursor: page.cursor });
      listed.push(...page.names);
    }
    expect([...new Set(listed)].sort()).toEqual(["b", "d"]);
  });

  having("listCollections")(
    "a collection with nothing but expired entries is not listed",
    async ({ store, at, collection, unique, expect, short, untilExpired }) => {
      const other = unique();
      await store.put("k", 1, { ...at, ttl: short });
      await store.put("k", 1, { collection: other });
      await untilExpired();
      const found: string[] = [];
      for await (const name of store.collections()) found.push(name);
      expect([found.includes(collection), found.includes(other)]).toEqual([false, true]);
    },
  );
}
