import { rejection, rejections, type Suite } from "./suite.ts";

/** Every kind of value that is not a string. Typed as `never`, so that the compiler accepts the wrong arguments. */
export const NO_STRINGS = [undefined, null, 1, true, {}, ["k"], Symbol("k"), () => "k", 1n] as never[];

// biome-ignore format: a table
const NO_TTLS = [0, -1, -0.001, NaN, Infinity, -Infinity, "60", "", null, true, {}, [60], 60n, 2.6e11, 1e300] as never[];

/** Every argument of a wrong type rejects with a TypeError, and nothing is sent. */
export function argumentChecks({ test }: Suite): void {
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
    for (const options of ["users", 60, true] as never[]) {
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
    for (const keys of [undefined, null, "k", 1, {}, { length: 1, 0: "k" }] as never[]) {
      const codes = await rejections([
        () => store.getMany(keys, at),
        () => store.ttlMany(keys, at),
        () => store.deleteMany(keys, at),
      ]);
      expect(codes).toEqual(codes.map(() => "TypeError"));
    }
  });

  test("entries that are no iterable of pairs are refused with a TypeError", async ({ store, at, expect }) => {
    const wrong = [undefined, null, 1, { k: 1 }, "k", ["k"], [{ 0: "k", 1: 1 }], [undefined]] as never[];
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
        () => store.putMany([], { ...at, ttl }),
      ]);
      expect([String(ttl), ...codes]).toEqual([String(ttl), "invalid_ttl", "invalid_ttl", "invalid_ttl"]);
    }
    expect(await store.ttl("k", at)).toEqual({ value: "before", ttl: null });
  });

  test("a TTL that is undefined means none", async ({ store, at, expect }) => {
    await store.put("k", 1, { ...at, ttl: undefined });
    expect(await store.ttl("k", at)).toEqual({ value: 1, ttl: null });
  });

  test("a bulk is checked whole before any of it is sent", async ({ store, at, expect }) => {
    await store.put("kept", 1, at);
    const wrong = [["c", () => 1], ["c", null], ["c"], [3, 1], "c1", null] as never[];
    for (const pair of wrong) await rejection(() => store.putMany([["a", 1], ["b", 2], pair], at));
    await rejection(() => store.deleteMany(["kept", 1 as never], at));
    expect(await store.getMany(["a", "b", "kept"], at)).toEqual([null, null, 1]);
  });
}
