import { describe, expect, it } from "#test";
import {
  type AnyDriver,
  type AsyncKeyValue,
  createStore,
  KeyValueError,
  memoryStore,
  supports,
  toDriver,
} from "../../src/index.ts";
import { route } from "../../src/wrappers/route.ts";
import { type ChaosOptions, chaos } from "../support/chaos.ts";

/** Keys that start with the name of a store are kept there, in every collection. */
function byKey(faults: Record<string, ChaosOptions> = {}) {
  const bases = { a: memoryStore(), b: memoryStore(), rest: memoryStore() };
  const [a, b, rest] = (["a", "b", "rest"] as const).map((name) => chaos(toDriver(bases[name]), faults[name])) as [
    ReturnType<typeof chaos<ReturnType<typeof toDriver<typeof bases.a>>>>,
    ReturnType<typeof chaos<ReturnType<typeof toDriver<typeof bases.a>>>>,
    ReturnType<typeof chaos<ReturnType<typeof toDriver<typeof bases.a>>>>,
  ];
  const stores = { a: createStore(a.driver), b: createStore(b.driver) };
  const pick = (_: string, key: string) => (key[0] === "a" || key[0] === "b" ? key[0] : undefined);
  const store = route({ stores, pick, otherwise: createStore(rest.driver) });
  return { bases, store, calls: () => [a, b, rest].flatMap(({ calls }) => calls.map(({ keys }) => keys.join())) };
}

describe("route by collection", () => {
  it("keeps each collection in its store, and the others in the last", async () => {
    const [users, rest] = [memoryStore(), memoryStore()];
    const store = route({ users }, rest);
    await store.put("k", 1, { collection: "users" });
    await store.put("k", 2, { collection: "flags" });
    await store.put("k", 3);
    expect(await users.get("k", { collection: "users" })).toBe(1);
    expect(await rest.get("k", { collection: "flags" })).toBe(2);
    expect(await rest.get("k")).toBe(3);
    expect(await store.take("k", { collection: "users" })).toBe(1);
    expect(await users.get("k", { collection: "users" })).toBe(null);
  });

  it("lists and destroys a collection in its store alone", async () => {
    const [users, rest] = [memoryStore(), memoryStore()];
    const store = route({ users }, rest);
    await rest.put("hidden", 1, { collection: "users" });
    await users.put("hidden", 1, { collection: "flags" });
    await store.put("u", 1, { collection: "users" });
    await store.put("f", 1, { collection: "flags" });
    expect(await Array.fromAsync(store.keys({ collection: "users" }))).toEqual(["u"]);
    expect(await store.destroyCollection({ collection: "users" })).toBe(true);
    expect(await store.destroyCollection({ collection: "users" })).toBe(false);
    expect(await rest.get("hidden", { collection: "users" })).toBe(1);
    expect(await Array.fromAsync(store.collections())).toEqual(["flags"]);
  });

  it("lists collections of all stores in code point order, with prefix, limit and cursor", async () => {
    const [x, y] = [memoryStore(), memoryStore()];
    const names = ["x", "x\u{1F600}", "x\uFF5E", "a", "xb", "xz"];
    const store = route({ x, "x\uFF5E": x, xz: y }, memoryStore());
    for (const collection of names) await store.put("k", 1, { collection });
    expect((await store.listCollections()).names).toEqual(["a", "x", "xb", "xz", "x\uFF5E", "x\u{1F600}"]);
    const first = await store.listCollections({ prefix: "x", limit: 2 });
    expect(first.names).toEqual(["x", "xb"]);
    await store.destroyCollection({ collection: "xb" });
    const second = await store.listCollections({ prefix: "x", limit: 2, cursor: first.cursor });
    expect(second.names).toEqual(["xz", "x\uFF5E"]);
    const third = await store.listCollections({ prefix: "x", limit: 2, cursor: second.cursor });
    expect(third).toEqual({ names: ["x\u{1F600}"], cursor: undefined });
  });

  it("takes a store in several places", async () => {
    const [one, two] = [memoryStore(), memoryStore()];
    const store = route({ a: one, b: two, c: one }, one);
    for (const collection of ["a", "b", "c", "d"]) await store.put("k", 1, { collection });
    expect(await Array.fromAsync(one.collections())).toEqual(["a", "c", "d"]);
    expect(await Array.fromAsync(store.collections())).toEqual(["a", "b", "c", "d"]);
    expect(await store.get("k", { collection: "d" })).toBe(1);
  });

  it("takes collections with names of object properties", async () => {
    const rest = memoryStore();
    const store = route({}, rest);
    for (const collection of ["constructor", "__proto__", "toString"]) {
      await store.put("k", 1, { collection });
      expect(await rest.get("k", { collection })).toBe(1);
    }
  });

  it("has the default collection of the last store", async () => {
    const rest = memoryStore({ defaultCollection: "main" });
    await route({ other: memoryStore() }, rest).put("k", 1);
    expect(await rest.get("k", { collection: "main" })).toBe(1);
  });
});

describe("route by what pick says", () => {
  it("asks each store once for its part of a bulk, and aligns the answers", async () => {
    const { store, bases, calls } = byKey();
    const keys = ["a1", "c", "b1", "a2", "missing"];
    await store.putMany(keys.slice(0, 4).map((key) => [key, key]));
    expect(calls()).toEqual(["a1,a2", "b1", "c"]);
    expect(await bases.a.getMany(["a1", "a2", "b1"])).toEqual(["a1", "a2", null]);
    expect(await store.getMany([...keys, "a1"])).toEqual(["a1", "c", "b1", "a2", null, "a1"]);
    expect(await store.deleteMany(["b1", "a1", "missing", "c"])).toBe(3);
    expect(await store.getMany(keys)).toEqual([null, null, null, "a2", null]);
  });

  it("lists the keys of all stores, each once and only where it is looked for", async () => {
    const { store, bases } = byKey();
    await store.putMany(["b2", "a1", "c", "a2", "a3", "b1"].map((key) => [key, 1]));
    await bases.b.put("a9", "never found by get");
    expect(await Array.fromAsync(store.keys())).toEqual(["a1", "a2", "a3", "b1", "b2", "c"]);
    expect(await Array.fromAsync(store.keys({ limit: 4 }))).toEqual(["a1", "a2", "a3", "b1"]);
    expect(await Array.fromAsync(store.keys({ prefix: "b" }))).toEqual(["b1", "b2"]);
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listKeys({ limit: 2, cursor });
      expect(page.names.length <= 2).toBe(true);
      names.push(...page.names);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(["a1", "a2", "a3", "b1", "b2", "c"]);
    for (const wrong of ["", "x", "9:", "-1:", "0", "10", "1a:b1", "1st: key of another store", "01:", "+1:", " 1:"]) {
      await expect(store.listKeys({ cursor: wrong })).rejects.toMatchObject({ code: "invalid_cursor" });
    }
  });

  it("destroys a collection, and everything, in all stores, and culls them", async () => {
    for (const destroy of ["destroyCollection", "destroy"] as const) {
      const { store } = byKey();
      await store.putMany([
        ["a1", 1],
        ["c", 1],
      ]);
      expect([await store[destroy](), await store[destroy]()]).toEqual([true, false]);
      expect(await store.getMany(["a1", "c"])).toEqual([null, null]);
    }
    const { store } = byKey();
    await store.putMany(
      [
        ["a1", 1],
        ["c", 1],
      ],
      // Each write removes entries that have expired by then, so all writes must come first.
      { ttl: 0.1 },
    );
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(await store.cull()).toBe(2);
  });

  it("lists and culls a store in several places once", async () => {
    const [one, two] = [memoryStore(), memoryStore()];
    const pick = (_: string, key: string) => (key < "d" ? key[0] : undefined);
    const store = route({ stores: { a: one, b: two, c: one }, pick, otherwise: one });
    await store.putMany(["a1", "a2", "b1", "b2", "c1", "d1"].map((key) => [key, 1]));
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listKeys({ limit: 2, cursor });
      names.push(...page.names);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names.sort()).toEqual(["a1", "a2", "b1", "b2", "c1", "d1"]);
    expect(await Array.fromAsync(store.collections())).toEqual(["default_collection"]);
    await store.putMany(
      ["a1", "b1", "d1"].map((key) => [key, 1]),
      // Each write removes entries that have expired by then, so all writes must come first.
      { ttl: 0.1 },
    );
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(await store.cull()).toBe(3);
  });

  it("names the keys of all stores that failed, after the others have done their part", async () => {
    const { store, bases } = byKey({ a: { plan: ["half"] }, b: { plan: ["fail"] } });
    const error = await store.putMany(["a1", "a2", "b1", "c"].map((key) => [key, 1])).catch((error) => error);
    expect([error.code, error.failed.sort(), error.cause.code]).toEqual(["unavailable", ["a2", "b1"], "unavailable"]);
    expect([await bases.a.get("a1"), await bases.rest.get("c")]).toEqual([1, 1]);
  });

  it("hands on the failure of a single store as it is", async () => {
    const failure = new KeyValueError("rate_limited", "failed", { retryAfter: 3 });
    const { store } = byKey({ a: { fail: 1, error: () => failure } });
    expect(await store.get("a1").catch((error: unknown) => error)).toBe(failure);
    await expect(store.getMany(["a1", "b1"])).rejects.toMatchObject({ code: "rate_limited", retryAfter: 3 });
    expect(await store.get("b1")).toBe(null);
  });

  it("refuses a name of no store instead of keeping entries where nobody looks", async () => {
    for (const name of ["typo", "constructor", "__proto__"]) {
      const store = route({ stores: { a: memoryStore() }, pick: () => name, otherwise: memoryStore() });
      await expect(store.put("k", 1)).rejects.toMatchObject({ code: "misconfigured", key: "k" });
      await expect(store.increment("k")).rejects.toMatchObject({ code: "misconfigured" });
    }
  });
});

describe("route", () => {
  const all = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] as const;
  const of = (store: AsyncKeyValue) => all.filter((capability) => supports(store, capability));

  it("can do what all of its stores can", () => {
    const { swap: _1, destroy: _2, ...some } = toDriver(memoryStore());
    expect(of(route({ a: memoryStore() }, memoryStore()))).toEqual([...all]);
    expect(of(route({ a: createStore(some), b: memoryStore() }, memoryStore()))).toEqual([
      "listKeys",
      "listCollections",
      "destroyCollection",
      "cull",
    ]);
    expect(of(route({ a: memoryStore() }, { ...memoryStore() }))).toEqual([]);
    expect(of(route({ stores: { a: { ...memoryStore() } }, pick: () => "a", otherwise: memoryStore() }))).toEqual([]);
  });

  it("is as consistent as the weakest of its stores, whichever that is", () => {
    const of = (a: AsyncKeyValue, b: AsyncKeyValue, otherwise: AsyncKeyValue) =>
      [route({ a, b }, otherwise), route({ stores: { a, b }, pick: () => "a", otherwise })].map(
        (store) => toDriver(store).consistency,
      );
    const [strong, eventual] = [memoryStore(), { ...memoryStore() }];
    expect(of(strong, memoryStore(), memoryStore())).toEqual(["strong", "strong"]);
    const orders: [AsyncKeyValue, AsyncKeyValue, AsyncKeyValue][] = [
      [eventual, strong, strong],
      [strong, eventual, strong],
      [strong, strong, eventual],
    ];
    for (const stores of orders) expect(of(...stores)).toEqual(["eventual", "eventual"]);
  });

  it("may repeat a swap only where every store may, and has the least limits", () => {
    const driver = (limits: AnyDriver["limits"], repeatableSwap?: true) =>
      createStore({ ...(toDriver(memoryStore()) as AnyDriver), limits, repeatableSwap } as AnyDriver);
    const one = route({ a: driver({ keyBytes: 9, valueBytes: 5 }, true) }, driver({ keyBytes: 7 }, true));
    const two = route({ a: driver(undefined, true) }, driver({}));
    expect([toDriver(one).repeatableSwap, toDriver(two).repeatableSwap]).toEqual([true, undefined]);
    expect(toDriver(one).limits).toEqual({ keyBytes: 7, valueBytes: 5 });
  });

  it("speaks to other people's stores through their own methods", async () => {
    const spy = { ...memoryStore(), get: async () => "mine" as never };
    expect(await route({ theirs: spy }, memoryStore()).get("a", { collection: "theirs" })).toBe("mine");
  });
});
