import { rejection, type Suite } from "./suite.ts";

/** putIfAbsent, take and increment with one caller at a time. The chapter on concurrency has many. */
export function atomics({ having }: Suite): void {
  const test = having("swap");

  test("putIfAbsent writes where nothing is, and only there", async ({ store, at, expect }) => {
    expect(await store.putIfAbsent("k", { a: 1 }, at)).toBe(true);
    expect(await store.putIfAbsent("k", { a: 2 }, at)).toBe(false);
    expect(await store.get("k", at)).toEqual({ a: 1 });
    await store.delete("k", at);
    expect(await store.putIfAbsent("k", 3, at)).toBe(true);
    expect(await store.get("k", at)).toBe(3);
  });

  test("putIfAbsent sets its TTL when it writes, and leaves an earlier one alone", async ({ store, at, expect }) => {
    await store.putIfAbsent("k", 1, { ...at, ttl: 600 });
    expect((await store.ttl("k", at))?.ttl).toBeGreaterThanOrEqual(500);
    await store.putIfAbsent("k", 2, { ...at, ttl: 6000 });
    expect((await store.ttl("k", at))?.ttl).toBeLessThanOrEqual(601);
  });

  test("an expired entry counts as absent for every atomic operation", async ({
    store,
    at,
    expect,
    short,
    untilExpired,
  }) => {
    await store.putMany(
      ["a", "b", "c", "d", "e"].map((key) => [key, 5]),
      { ...at, ttl: short },
    );
    await untilExpired();
    expect(await store.putIfAbsent("a", 1, at)).toBe(true);
    expect(await store.take("b", at)).toBe(null);
    let seen: unknown;
    await store.update(
      "c",
      (old) => {
        seen = old;
        return 3;
      },
      at,
    );
    expect(seen).toBe(null);
    expect(await store.increment("d", 4, at)).toBe(4);
    expect(await store.update("e", () => null, at)).toBe(null);
    const entry = (value: number) => ({ value, ttl: null });
    expect(await store.ttlMany(["a", "b", "c", "d", "e"], at)).toEqual([entry(1), null, entry(3), entry(4), null]);
  });

  test("take gives the value and removes it", async ({ store, at, expect }) => {
    expect(await store.take("k", at)).toBe(null);
    await store.put("k", { a: 1 }, at);
    await store.put("other", 2, at);
    expect(await store.take("k", at)).toEqual({ a: 1 });
    expect(await store.take("k", at)).toBe(null);
    expect(await store.getMany(["k", "other"], at)).toEqual([null, 2]);
  });

  test("increment counts from 0, by 1 or by what it is told", async ({ store, at, expect }) => {
    expect(await store.increment("k", undefined, at)).toBe(1);
    expect(await store.increment("k", 10, at)).toBe(11);
    expect(await store.increment("k", -1.5, at)).toBe(9.5);
    expect(await store.increment("k", 0, at)).toBe(9.5);
    expect(await store.get("k", at)).toBe(9.5);
    await store.put("k", 2 ** 52, at);
    expect(await store.increment("k", 1, at)).toBe(2 ** 52 + 1);
  });

  test("increment keeps the TTL of a number that is there", async ({ store, at, expect }) => {
    await store.increment("k", 1, { ...at, ttl: 600 });
    await store.increment("k", 1, { ...at, ttl: 6000 });
    await store.increment("k", 1, at);
    const found = await store.ttl("k", at);
    expect(found?.value).toBe(3);
    expect(found?.ttl).toBeGreaterThanOrEqual(500);
    expect(found?.ttl).toBeLessThanOrEqual(601);
  });

  test("increment refuses what is not a number, and leaves it alone", async ({ store, at, collection, expect }) => {
    for (const value of ["1", true, [1], { a: 1 }]) {
      await store.put("k", value, at);
      const error = await rejection(() => store.increment("k", 1, at));
      expect([error.code, error.collection, error.key]).toEqual(["not_a_number", collection, "k"]);
      expect(await store.get("k", at)).toEqual(value);
    }
  });

  test("increment refuses a sum that is no longer exact, and changes nothing", async ({ store, at, expect }) => {
    const most = Number.MAX_SAFE_INTEGER;
    for (const [start, by] of [[most, 1] as const, [-most, -1] as const, [1, most] as const, [0, 2 ** 60] as const]) {
      await store.put("k", start, at);
      expect((await rejection(() => store.increment("k", by, at))).code).toBe("out_of_range");
      expect(await store.get("k", at)).toBe(start);
    }
    expect(await store.increment("new", most, at)).toBe(most);
    expect((await rejection(() => store.increment("newer", 2 ** 54, at))).code).toBe("out_of_range");
    expect(await store.get("newer", at)).toBe(null);
  });

  test("increment adds fractions as JavaScript does", async ({ store, at, expect }) => {
    let sum = 0;
    for (const by of [0.1, 0.2, 1 / 3, -1e-7, 123456.789, 5e-324, -0.30000000000000004]) {
      sum += by;
      expect(await store.increment("k", by, at)).toBe(sum);
    }
    expect(await store.get("k", at)).toBe(sum);
  });

  test("touch moves the deadline and leaves the value alone", async ({ store, at, expect }) => {
    expect(await store.touch("k", 60, at)).toBe(false);
    expect(await store.get("k", at)).toBe(null);
    await store.put("k", { a: [1] }, { ...at, ttl: 60 });
    expect(await store.touch("k", 6000, at)).toBe(true);
    const longer = await store.ttl("k", at);
    expect(longer?.value).toEqual({ a: [1] });
    expect(longer?.ttl).toBeGreaterThanOrEqual(5000);
    expect(await store.touch("k", null, at)).toBe(true);
    expect(await store.ttl("k", at)).toEqual({ value: { a: [1] }, ttl: null });
    expect(await store.touch("k", 60, at)).toBe(true);
    expect((await store.ttl("k", at))?.ttl).toBeLessThanOrEqual(61);
  });

  test("touch cannot bring back an entry that has expired", async ({ store, at, expect, short, untilExpired }) => {
    await store.put("k", 1, { ...at, ttl: short });
    await untilExpired();
    expect(await store.touch("k", 600, at)).toBe(false);
    expect(await store.get("k", at)).toBe(null);
  });

  test("the atomic operations work when they are taken off the store, and on the default collection", async ({
    store,
    unique,
    expect,
  }) => {
    const { putIfAbsent, take, update, increment, touch, getWithVersion, putIfVersion, deleteIfVersion } = store;
    const key = unique();
    expect(await putIfAbsent(key, 1)).toBe(true);
    expect(await increment(key)).toBe(2);
    expect(await update<number>(key, (old) => (old ?? 0) * 2)).toBe(4);
    expect(await store.get(key)).toBe(4);
    expect(await touch(key, 600)).toBe(true);
    const { version } = (await getWithVersion(key)) ?? { version: "" };
    const next = await putIfVersion(key, 5, version);
    expect(await deleteIfVersion(key, version)).toBe(false);
    expect(await deleteIfVersion(key, next ?? "")).toBe(true);
    await store.put(key, 6);
    expect(await take(key)).toBe(6);
  });
}
