import { rejection, rejections, type Suite } from "./suite.ts";

/* biome-ignore-all lint/suspicious/noExplicitAny: wrong arguments are what this chapter is about. */

/** What is no string, of every kind. */
const NO_STRINGS: readonly any[] = [undefined, null, 1, true, {}, ["k"], Symbol("k"), () => "k", 1n];

const NO_TTLS: readonly any[] = [
  0,
  -1,
  -0.001,
  NaN,
  Infinity,
  -Infinity,
  "60",
  "",
  null,
  true,
  {},
  [60],
  60n,
  2.6e11,
  1e300,
];

/** Argument checks: every wrong type is a rejection with a TypeError, and nothing has been sent then. */
export function argumentChecks({ test, having }: Suite): void {
  test("a key that is no string is refused with a TypeError", async ({ store, at, expect }) => {
    for (const key of NO_STRINGS) {
      const codes = await rejections([
        () => store.get(key, at),
        () => store.ttl(key, at),
        () => store.put(key, 1, at),
        () => store.delete(key, at),
        () => store.getMany(["k", key], at),
        () => store.ttlMany(["k", key], at),
        () =>
          store.putMany(
            [
              ["k", 1],
              [key, 1],
            ],
            at,
          ),
        () => store.deleteMany(["k", key], at),
      ]);
      expect(codes).toEqual(codes.map(() => "TypeError"));
    }
  });

  test("a collection that is no string is refused with a TypeError", async ({ store, expect }) => {
    for (const collection of NO_STRINGS.slice(1)) {
      const at = { collection };
      const codes = await rejections([
        () => store.get("k", at),
        () => store.ttl("k", at),
        () => store.put("k", 1, at),
        () => store.delete("k", at),
        () => store.getMany(["k"], at),
        () => store.ttlMany(["k"], at),
        () => store.putMany([["k", 1]], at),
        () => store.deleteMany(["k"], at),
        () => store.getMany([], at),
        () => store.putMany([], at),
        () => store.deleteMany([], at),
      ]);
      expect(codes).toEqual(codes.map(() => "TypeError"));
    }
  });

  test("options that are no object are refused with a TypeError", async ({ store, expect }) => {
    for (const options of ["users", 60, true] as any[]) {
      const codes = await rejections([
        () => store.get("k", options),
        () => store.put("k", 1, options),
        () => store.delete("k", options),
        () => store.getMany(["k"], options),
        () => store.putMany([["k", 1]], options),
        () => store.deleteMany(["k"], options),
      ]);
      expect(codes).toEqual(codes.map(() => "TypeError"));
    }
  });

  test("keys that are no array are refused with a TypeError", async ({ store, at, expect }) => {
    for (const keys of [undefined, null, "k", 1, {}, { length: 1, 0: "k" }] as any[]) {
      const codes = await rejections([
        () => store.getMany(keys, at),
        () => store.ttlMany(keys, at),
        () => store.deleteMany(keys, at),
      ]);
      expect(codes).toEqual(codes.map(() => "TypeError"));
    }
  });

  test("entries that are no iterable of pairs are refused with a TypeError", async ({ store, at, expect }) => {
    const wrong: any[] = [undefined, null, 1, { k: 1 }, "k", ["k"], [{ 0: "k", 1: 1 }], [undefined]];
    const codes = await rejections(wrong.map((entries) => () => store.putMany(entries, at)));
    expect(codes).toEqual(codes.map(() => "TypeError"));
  });

  test("a TTL that is no positive finite number, or ends after the year 9999, is refused", async ({
    store,
    at,
    expect,
  }) => {
    await store.put("k", "before", at);
    for (const ttl of NO_TTLS) {
      const codes = await rejections([
        () => store.put("k", "after", { ...at, ttl }),
        () => store.putMany([["k", "after"]], { ...at, ttl }),
      ]);
      expect([String(ttl), ...codes]).toEqual([String(ttl), "invalid_ttl", "invalid_ttl"]);
    }
    expect(await store.ttl("k", at)).toEqual({ value: "before", ttl: null });
  });

  test("a TTL that is undefined means none", async ({ store, at, expect }) => {
    await store.put("k", 1, { ...at, ttl: undefined });
    expect(await store.ttl("k", at)).toEqual({ value: 1, ttl: null });
  });

  test("a bulk is checked whole before any of it is sent", async ({ store, at, expect }) => {
    await store.put("kept", 1, at);
    const wrong: any[] = [["c", () => 1], ["c", null], ["c"], [3, 1], "c1", null];
    for (const pair of wrong) await rejection(() => store.putMany([["a", 1], ["b", 2], pair], at));
    await rejection(() => store.deleteMany(["kept", 1 as any], at));
    expect(await store.getMany(["a", "b", "kept"], at)).toEqual([null, null, 1]);
  });

  having("listKeys")(
    "a wrong prefix, cursor or limit of a listing is refused with a TypeError",
    async ({ store, at, expect }) => {
      const wrong: any[] = [
        { prefix: 1 },
        { cursor: 1 },
        ...[0, -1, 1.5, NaN, Infinity, "5"].map((limit) => ({ limit })),
      ];
      const codes = await rejections(wrong.map((options) => () => store.listKeys({ ...at, ...options })));
      codes.push(
        ...(await rejections(
          wrong.map((options) => () => {
            // An iterator reads its options when it is first asked, except for the cursor, which it does not take.
            const { cursor, ...rest } = options;
            return store.keys({ ...at, limit: 1, ...rest, ...(cursor && { prefix: cursor }) }).next();
          }),
        )),
      );
      codes.push(
        ...(await rejections([
          () => store.listKeys({ collection: 1 as any }),
          () => store.keys({ collection: 1 as any }).next(),
        ])),
      );
      expect(codes).toEqual(codes.map(() => "TypeError"));
    },
  );

  having("listCollections")(
    "a wrong prefix, cursor or limit of a list of collections is refused",
    async ({ store, expect }) => {
      const wrong: any[] = [{ prefix: 1 }, { cursor: 1 }, { limit: 0 }, { limit: "5" }];
      const codes = await rejections(wrong.map((options) => () => store.listCollections(options)));
      codes.push(...(await rejections([() => store.collections({ prefix: 1 as any }).next()])));
      expect(codes).toEqual(codes.map(() => "TypeError"));
    },
  );

  having("destroyCollection")("destroyCollection refuses a collection that is no string", async ({ store, expect }) => {
    expect(await rejections([() => store.destroyCollection({ collection: 1 as any })])).toEqual(["TypeError"]);
  });

  having("swap")(
    "the atomic operations check their arguments before anything is sent",
    async ({ store, at, expect }) => {
      await store.put("k", 1, at);
      const badKey: any = 1;
      const badOptions: any = { collection: 1 };
      const codes = await rejections([
        () => store.putIfAbsent(badKey, 1, at),
        () => store.putIfAbsent("k", 1, badOptions),
        () => store.take(badKey, at),
        () => store.take("k", badOptions),
        () => store.take("k", { ...at, retries: -1 }),
        () => store.update(badKey, () => 1, at),
        () => store.update("k", () => 1, badOptions),
        () => store.update("k", 2 as any, at),
        () => store.update("k", () => 1, { ...at, retries: 1.5 }),
        () => store.increment(badKey, 1, at),
        () => store.increment("k", 1, badOptions),
        () => store.increment("k", "1" as any, at),
        () => store.increment("k", NaN, at),
        () => store.increment("k", Infinity, at),
      ]);
      expect(codes).toEqual(codes.map(() => "TypeError"));
      const refused = await rejections([
        () => store.putIfAbsent("new", 1, { ...at, ttl: 0 }),
        () => store.update("k", () => 2, { ...at, ttl: -1 }),
        () => store.increment("k", 1, { ...at, ttl: NaN }),
        () => store.putIfAbsent("new", undefined, at),
        () => store.update("k", () => new Date(), at),
      ]);
      expect(refused).toEqual(["invalid_ttl", "invalid_ttl", "invalid_ttl", "not_serializable", "not_serializable"]);
      expect(await store.getMany(["k", "new"], at)).toEqual([1, null]);
    },
  );
}
