import type { Suite } from "./suite.ts";

/** The bulk methods: order, repeated keys, empty lists, any iterable, more keys than one call to a backend accepts. */
export function bulk({ test, having }: Suite): void {
  test("bulk reads are aligned with the keys, missing ones are null and repeated ones repeated", async ({
    store,
    at,
    expect,
  }) => {
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ],
      at,
    );
    const keys = ["c", "missing", "a", "c", "b", "missing", "a"];
    expect(await store.getMany(keys, at)).toEqual([3, null, 1, 3, 2, null, 1]);
    const entry = (value: number) => ({ value, ttl: null });
    expect(await store.ttlMany(keys, at)).toEqual([entry(3), null, entry(1), entry(3), entry(2), null, entry(1)]);
  });

  test("empty lists are answered without a change", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    expect(await store.getMany([], at)).toEqual([]);
    expect(await store.ttlMany([], at)).toEqual([]);
    expect(await store.putMany([], at)).toBe(undefined);
    expect(await store.deleteMany([], at)).toBe(0);
    expect(await store.get("k", at)).toBe(1);
  });

  test("of a repeated key the last value stays", async ({ store, at, expect }) => {
    await store.putMany(
      [
        ["a", 1],
        ["b", 1],
        ["a", 2],
        ["a", 3],
        ["b", 2],
      ],
      at,
    );
    expect(await store.getMany(["a", "b"], at)).toEqual([3, 2]);
    expect(await store.deleteMany(["a", "b"], at)).toBe(2);
  });

  test("deleteMany counts what was there, and each key once", async ({ store, at, expect }) => {
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
        ["c", 3],
      ],
      at,
    );
    expect(await store.deleteMany(["a", "a", "missing", "b", "a"], at)).toBe(2);
    expect(await store.getMany(["a", "b", "c"], at)).toEqual([null, null, 3]);
    expect(await store.deleteMany(["a", "b"], at)).toBe(0);
  });

  test("putMany takes every iterable of pairs", async ({ store, at, expect }) => {
    const pairs: [string, number][] = [
      ["a", 1],
      ["b", 2],
    ];
    function* generate() {
      yield* pairs;
    }
    const iterables = [
      new Map(pairs),
      new Set(pairs),
      generate(),
      Object.entries({ a: 1, b: 2 }),
      new Map(pairs).entries(),
    ];
    for (const iterable of iterables) {
      await store.putMany(iterable, at);
      expect(await store.getMany(["a", "b"], at)).toEqual([1, 2]);
      expect(await store.deleteMany(["a", "b"], at)).toBe(2);
    }
  });

  test("an iterable that fails on the way writes nothing", async ({ store, at, expect }) => {
    const failure = new Error("the caller's own");
    function* failing(): Generator<[string, number]> {
      yield ["a", 1];
      throw failure;
    }
    const error = await store.putMany(failing(), at).catch((error: unknown) => error);
    expect(error === failure).toBe(true);
    expect(await store.get("a", at)).toBe(null);
  });

  test("putMany gives all its entries the one TTL", async ({ store, at, expect, short, untilExpired }) => {
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      { ...at, ttl: 600 },
    );
    for (const entry of await store.ttlMany(["a", "b"], at)) expect(entry?.ttl).toBeGreaterThanOrEqual(500);
    await store.putMany(
      [
        ["a", 1],
        ["c", 3],
      ],
      { ...at, ttl: short },
    );
    await untilExpired();
    expect(await store.getMany(["a", "b", "c"], at)).toEqual([null, 2, null]);
  });

  test("a bulk may have more keys than backends take in one call", async ({ store, at, expect }) => {
    const keys = Array.from({ length: 140 }, (_, i) => `key ${i}`);
    const items = keys.map((key, i) => [key, { i }] as const);
    await store.putMany(items, { ...at, ttl: 600 });
    const asked = [...keys, "missing", ...keys.slice(0, 3)].reverse();
    const expected = [...keys.map((_, i) => ({ i })), null, { i: 0 }, { i: 1 }, { i: 2 }].reverse();
    expect(await store.getMany(asked, at)).toEqual(expected);
    expect((await store.ttlMany(asked, at)).map((entry) => entry?.value ?? null)).toEqual(expected);
    expect(await store.deleteMany([...keys.slice(0, 130), "missing"], at)).toBe(130);
    expect((await store.getMany(keys, at)).filter((value) => value !== null).length).toBe(10);
  });

  having("swap")("bulk reads see what the atomic operations wrote", async ({ store, at, expect }) => {
    await store.putIfAbsent("a", 1, at);
    await store.increment("b", 2, at);
    expect(await store.getMany(["a", "b"], at)).toEqual([1, 2]);
    await store.take("a", at);
    expect(await store.deleteMany(["a", "b"], at)).toBe(1);
  });
}
