import { rejection, type Suite } from "./suite.ts";

const SECRET = "hunter2";

/** Every failure is a KeyValueError that names the store, collection and key, and never contains a value. */
export function errors({ test, having }: Suite): void {
  test("an error has its name, code, store, collection and key", async ({ store, collection, at, expect }) => {
    const failures = [
      ["not_serializable", () => store.put("k", new Date(), at)],
      ["invalid_ttl", () => store.put("k", 1, { ...at, ttl: -1 })],
      [
        "not_serializable",
        () =>
          store.putMany(
            [
              ["a", 1],
              ["k", new Date()],
            ],
            at,
          ),
      ],
    ] as const;
    for (const [code, call] of failures) {
      const error = await rejection(call);
      expect([error.name, error.code, error.collection, error.key]).toEqual(["KeyValueError", code, collection, "k"]);
      expect([error instanceof Error, error instanceof TypeError, typeof error.stack]).toEqual([true, false, "string"]);
      expect([typeof error.store, error.store !== ""]).toEqual(["string", true]);
    }
  });

  test("an error on the default collection names it", async ({ store, expect }) => {
    const error = await rejection(() => store.put("k", () => 1));
    expect([error.collection, error.key]).toEqual([store.defaultCollection ?? "default_collection", "k"]);
  });

  test("an error holds no value that was to be stored", async ({ store, at, expect }) => {
    const calls = [
      () => store.put("k", { password: SECRET, at: new Date() }, at),
      () => store.put("k", [SECRET, SECRET, () => SECRET], at),
      () => store.put("k", { password: SECRET }, { ...at, ttl: 0 }),
      () =>
        store.putMany(
          [
            ["a", SECRET],
            ["k", undefined],
          ],
          at,
        ),
    ];
    for (const call of calls) {
      const error = await rejection(call);
      const { name, message } = error;
      expect(`${name} ${message} ${JSON.stringify({ ...error })} ${error.cause}`.includes(SECRET)).toBe(false);
    }
  });

  test("a store goes on working after a refused call", async ({ store, at, expect }) => {
    await store.put("k", 1, at);
    await rejection(() => store.put("k", () => 1, at));
    await rejection(() => store.getMany(["k", 1 as unknown as string], at));
    expect(await store.get("k", at)).toBe(1);
    await store.put("k", 2, at);
    expect(await store.get("k", at)).toBe(2);
  });

  having("swap")("an error of an atomic operation holds no stored value", async ({ store, at, expect }) => {
    await store.put("k", SECRET, at);
    const error = await rejection(() => store.increment("k", 1, at));
    expect(`${error.message} ${JSON.stringify({ ...error })} ${error.cause}`.includes(SECRET)).toBe(false);
  });
}
