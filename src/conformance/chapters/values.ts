import { nested, noise, REFUSED, VALUES } from "./hostile-values.ts";
import { rejection, type Suite } from "./suite.ts";

/** JSON values come back unchanged, and a value that JSON would change is refused. */
export function values({ test }: Suite): void {
  test("every JSON value comes back as it was", async ({ store, at, expect }) => {
    await Promise.all(VALUES.map((value, i) => store.put(`one${i}`, value, at)));
    await store.putMany(
      VALUES.map((value, i) => [`many${i}`, value]),
      at,
    );
    const ones = await Promise.all(VALUES.map((_, i) => store.get(`one${i}`, at)));
    const many = await store.getMany(
      VALUES.map((_, i) => `many${i}`),
      at,
    );
    for (const [i, value] of VALUES.entries()) {
      expect(ones[i]).toEqual(value);
      expect(many[i]).toEqual(value);
      expect((await store.ttl(`many${i}`, at))?.value).toEqual(value);
    }
  });

  test("false, 0 and the empty string are values, not missing", async ({ store, at, expect }) => {
    for (const value of [false, 0, ""]) {
      await store.put("k", value, at);
      expect(await store.get("k", at)).toBe(value);
      expect(await store.ttl("k", at)).toEqual({ value, ttl: null });
      expect(await store.delete("k", at)).toBe(true);
    }
  });

  test("-0 becomes 0, as JSON makes it", async ({ store, at, expect }) => {
    await store.put("k", [-0, { a: -0 }], at);
    const [zero, object] = (await store.get<[number, { a: number }]>("k", at)) as [number, { a: number }];
    expect([Object.is(zero, 0), Object.is(object.a, 0)]).toEqual([true, true]);
  });

  test("a property that is undefined is left out", async ({ store, at, expect }) => {
    await store.put("k", { a: undefined, b: { c: undefined }, d: [{ e: undefined, f: 1 }] }, at);
    const value = await store.get<object>("k", at);
    expect(JSON.stringify(value)).toBe('{"b":{},"d":[{"f":1}]}');
    expect("a" in (value as object)).toBe(false);
  });

  test("a property named __proto__ is data and never a prototype", async ({ store, at, expect }) => {
    await store.put("k", JSON.parse('{"__proto__":{"admin":true},"inner":{"__proto__":1}}'), at);
    const value = (await store.get<Record<string, unknown>>("k", at)) as Record<string, unknown>;
    expect(Object.keys(value).sort()).toEqual(["__proto__", "inner"]);
    expect(value.admin).toBe(undefined);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(value, "__proto__")?.value).toEqual({ admin: true });
    expect(Object.getOwnPropertyDescriptor(value.inner, "__proto__")?.value).toBe(1);
    expect(({} as { admin?: boolean }).admin).toBe(undefined);
  });

  test("objects without a prototype and frozen ones are stored as plain data", async ({ store, at, expect }) => {
    const value = Object.freeze(Object.assign(Object.create(null), { a: Object.freeze([1]) }));
    await store.put("k", value, at);
    const found = (await store.get<{ a: number[] }>("k", at)) as { a: number[] };
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    found.a.push(2);
    expect(found).toEqual({ a: [1, 2] });
  });

  test("a value may be nested hundreds of levels deep", async ({ store, at, expect }) => {
    await store.put("k", nested(900), at);
    expect(JSON.stringify(await store.get("k", at))).toBe(JSON.stringify(nested(900)));
  });

  test("what JSON would change is refused with the path to it, and nothing is written", async ({
    store,
    at,
    expect,
  }) => {
    await store.put("k", "before", at);
    for (const [value, path] of REFUSED) {
      for (const put of [
        () => store.put("k", value(), at),
        () =>
          store.putMany(
            [
              ["a", 1],
              ["k", value()],
            ],
            at,
          ),
      ]) {
        const error = await rejection(put);
        expect([path, error.code]).toEqual([path, "not_serializable"]);
        expect(error.message.slice(0, path.length)).toBe(path);
      }
    }
    expect(await store.getMany(["k", "a"], at)).toEqual(["before", null]);
  });

  test("a large value comes back whole", async ({ store, driver, at, expect }) => {
    const { valueBytes = 4_000_000 } = driver.limits ?? {};
    const value = noise(Math.floor(Math.min(valueBytes, 4_000_000) / 4));
    await store.put("k", { value, again: value.slice(0, 10) }, at);
    const found = await store.get<{ value: string }>("k", at);
    expect(found?.value === value).toBe(true);
  });

  test("a value over the backend's limit is refused as too large, and nothing is written", async ({
    store,
    driver,
    at,
    expect,
  }) => {
    const { valueBytes } = driver.limits ?? {};
    if (valueBytes === undefined) return;
    await store.put("k", "before", at);
    const value = noise(valueBytes + 1);
    for (const put of [
      () => store.put("k", value, at),
      () =>
        store.putMany(
          [
            ["a", 1],
            ["k", value],
          ],
          at,
        ),
    ]) {
      const error = await rejection(put);
      expect([error.code, typeof error.limit]).toEqual(["too_large", "number"]);
      expect(error.size).toBeGreaterThanOrEqual((error.limit as number) + 1);
    }
    expect(await store.getMany(["k", "a"], at)).toEqual(["before", null]);
  });
}
