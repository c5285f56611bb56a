import { describe, expect, it } from "#test";
import { type Call, intercept, remap, transform, wrap } from "../../src/combinators/index.ts";
import {
  type AnyDriver,
  type AsyncKeyValue,
  createStore,
  type Driver,
  type Entry,
  KeyValueError,
  memoryStore,
  supports,
  toDriver,
} from "../../src/index.ts";

const CAPABILITIES = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] as const;

function capabilitiesOf(store: AsyncKeyValue): string[] {
  return CAPABILITIES.filter((capability) => supports(store, capability));
}

function memoryDriver(): AnyDriver {
  return toDriver(memoryStore());
}

async function rejection(promise: Promise<unknown>): Promise<KeyValueError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Error);
  return error as KeyValueError;
}

/** Keeps a value in an envelope, and refuses what is in none. */
const boxed = {
  encode: (entry: Entry): Entry => ({ ...entry, value: { box: entry.value } }),
  async decode(entry: Entry): Promise<Entry> {
    const { box } = entry.value as { box?: Entry["value"] };
    if (box === undefined) throw new KeyValueError("corrupted", "no box");
    return { value: box, createdAt: entry.createdAt, expiresAt: entry.expiresAt };
  },
};

describe("wrap", () => {
  it("keeps the default collection and what the driver has to close", async () => {
    let closed = 0;
    const driver = { ...memoryDriver(), close: () => void closed++ };
    const base = createStore(driver, { defaultCollection: "mine" });
    const wrapped = wrap(base, (driver) => driver);
    await wrapped.put("key", 1);
    expect(wrapped.defaultCollection).toBe("mine");
    expect(await base.get("key", { collection: "mine" })).toBe(1);
    await wrapped[Symbol.asyncDispose]();
    expect(closed).toBe(1);
  });

  it("closes the store also where the new driver is made anew", async () => {
    let closed = 0;
    const base = createStore({ ...memoryDriver(), close: () => void closed++ });
    const anew = wrap(base, ({ read, write, remove }) => ({ name: "new", consistency: "strong", read, write, remove }));
    await anew[Symbol.asyncDispose]();
    expect(closed).toBe(1);
  });

  it("closes a store of somebody else that can be closed, too", async () => {
    let closed = 0;
    const base = createStore({ ...memoryDriver(), close: () => void closed++ });
    const wrapped = wrap({ ...base }, (driver) => driver);
    await wrapped[Symbol.asyncDispose]();
    expect(closed).toBe(1);
    expect(Symbol.asyncDispose in wrap({ ...memoryStore() }, (driver) => driver)).toBe(false);
  });

  const disguises: [kind: string, disguise: (store: AsyncKeyValue, own: Partial<AsyncKeyValue>) => AsyncKeyValue][] = [
    ["spread", (store, own) => ({ ...store, ...own })],
    ["derived", (store, own) => Object.assign(Object.create(store), own)],
    [
      "proxied",
      (store, own) => new Proxy(store, { get: (target, name) => Reflect.get(name in own ? own : target, name) }),
    ],
  ];
  for (const [kind, disguise] of disguises) {
    it(`goes through the methods of a ${kind} store, never around them`, async () => {
      const base = memoryStore();
      const upper = (key: string) => key.toUpperCase();
      const store = wrap(
        disguise(base, {
          get: (key, options) => base.get(upper(key), options),
          getMany: (keys, options) => base.getMany(keys.map(upper), options),
          ttl: (key, options) => base.ttl(upper(key), options),
          ttlMany: (keys, options) => base.ttlMany(keys.map(upper), options),
          put: (key, value, options) => base.put(upper(key), value, options),
          putMany: (entries, options) =>
            base.putMany(
              Array.from(entries, ([key, value]) => [upper(key), value]),
              options,
            ),
          delete: (key, options) => base.delete(upper(key), options),
          deleteMany: (keys, options) => base.deleteMany(keys.map(upper), options),
        }),
        (driver) => transform(driver, boxed),
      );
      const three = [
        ["b", 2],
        ["c", 3],
        ["d", 4],
      ] as const;
      await store.put("a", { n: 1 }, { ttl: 60, collection: "users" });
      await store.putMany(three);
      expect(await base.get("A", { collection: "users" })).toEqual({ box: { n: 1 } });
      expect(await base.getMany(["B", "C", "D"])).toEqual([{ box: 2 }, { box: 3 }, { box: 4 }]);
      expect(await store.get("a", { collection: "users" })).toEqual({ n: 1 });
      expect((await store.ttl("a", { collection: "users" }))?.ttl).toBeGreaterThan(59);
      expect(await store.getMany(["b", "c", "x"])).toEqual([2, 3, null]);
      expect(await store.ttlMany(["d", "b"])).toEqual([
        { value: 4, ttl: null },
        { value: 2, ttl: null },
      ]);
      expect(await store.delete("b")).toBe(true);
      expect(await store.deleteMany(["b", "c", "d"])).toBe(2);
      expect(await Array.fromAsync(base.keys())).toEqual([]);
      expect(capabilitiesOf(store)).toEqual([]);
      expect(toDriver(store).consistency).toBe("eventual");
    });
  }
});

describe("transform", () => {
  it("changes what is kept, and shows what was put", async () => {
    const base = memoryStore();
    const store = wrap(base, (driver) => transform(driver, boxed));
    await store.put("a", 1, { ttl: 60 });
    await store.putMany([
      ["b", [2]],
      ["c", { three: null }],
    ]);
    expect(await base.getMany(["a", "b", "c"])).toEqual([{ box: 1 }, { box: [2] }, { box: { three: null } }]);
    expect(await store.getMany(["c", "b", "a", "x"])).toEqual([{ three: null }, [2], 1, null]);
    expect((await store.ttl("a"))?.ttl).toBeGreaterThan(59);
  });

  it("is told the address of each entry, in both directions", async () => {
    const seen: string[] = [];
    const store = wrap(memoryStore(), (driver) =>
      transform(driver, {
        encode(entry, { collection, key }) {
          seen.push(`in ${collection} ${key}`);
          return entry;
        },
        decode(entry, { collection, key }) {
          seen.push(`out ${collection} ${key}`);
          return entry;
        },
      }),
    );
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      { collection: "one" },
    );
    await store.getMany(["b", "x"], { collection: "one" });
    await store.increment("n");
    expect(seen).toEqual(["in one a", "in one b", "out one b", "in default_collection n"]);
  });

  it("keeps every capability, and the atomic operations go through it", async () => {
    const base = memoryStore();
    const store = wrap(base, (driver) => transform(driver, boxed));
    expect(capabilitiesOf(store)).toEqual([...CAPABILITIES]);
    expect(await store.putIfAbsent("n", 1)).toBe(true);
    expect(await store.putIfAbsent("n", 2)).toBe(false);
    await Promise.all(Array.from({ length: 20 }, () => store.increment("n")));
    expect(await base.get("n")).toEqual({ box: 21 });
    expect(await store.update("n", (n: number | null) => (n ?? 0) * 2)).toBe(42);
    expect(await store.take("n")).toBe(42);
    expect(await base.get("n")).toBe(null);
  });

  it("writes nothing of a bulk when one entry cannot be encoded", async () => {
    const base = memoryStore();
    const store = wrap(base, (driver) =>
      transform(driver, {
        ...boxed,
        async encode(entry) {
          if (entry.value === "bad") throw new KeyValueError("too_large", "too much");
          return entry;
        },
      }),
    );
    expect(
      (
        await rejection(
          store.putMany([
            ["a", "good"],
            ["b", "bad"],
            ["c", "bad"],
          ]),
        )
      ).code,
    ).toBe("too_large");
    expect(await Array.fromAsync(base.keys())).toEqual([]);
  });

  it("passes a failure to decode on, and does not decode what has expired", async () => {
    const base = memoryStore();
    const store = wrap(base, (driver) => transform(driver, boxed));
    await base.put("raw", "no envelope");
    expect((await rejection(store.get("raw"))).code).toBe("corrupted");
    await base.put("raw", "no envelope", { ttl: 0.001 });
    await new Promise((done) => setTimeout(done, 5));
    expect(await store.get("raw")).toBe(null);
    expect(await store.putIfAbsent("raw", 1)).toBe(true);
    expect(await store.get("raw")).toBe(1);
  });

  it("lets atomic operations replace what decoding makes missing", async () => {
    const base = memoryStore();
    const store = wrap(base, (driver) =>
      transform(driver, { encode: boxed.encode, decode: (entry) => boxed.decode(entry).catch(() => undefined) }),
    );
    await base.put("a", "no envelope");
    expect(await store.get("a")).toBe(null);
    expect(await store.take("a")).toBe(null);
    expect(await store.putIfAbsent("a", 1)).toBe(true);
    await base.put("b", "no envelope");
    expect(await store.increment("b")).toBe(1);
    expect(await base.getMany(["a", "b"])).toEqual([{ box: 1 }, { box: 1 }]);
  });

  it("lets a caller who expects no entry write where one that decodes to nothing has just been removed", async () => {
    const driver = memoryDriver();
    const removing: AnyDriver = {
      ...driver,
      async swap(collection, key, expected, next) {
        const result = await driver.swap!(collection, key, expected, next);
        if (!result.ok && expected === undefined) await driver.remove(collection, [key]);
        return result;
      },
    };
    const lax = transform(removing, { ...boxed, decode: (entry) => boxed.decode(entry).catch(() => undefined) });
    const store = createStore(lax as Driver<"swap">);
    await driver.write(store.defaultCollection!, [["a", { value: "no envelope" }]]);
    expect(await store.putIfAbsent("a", 1)).toBe(true);
    expect(await store.get("a")).toBe(1);
  });

  it("gives the version below, whatever decode answers", async () => {
    const driver = transform(memoryDriver(), boxed);
    await driver.write("c", [["a", { value: 1 }]]);
    const [entry] = await driver.read("c", ["a"], { fresh: true });
    expect(entry?.value).toBe(1);
    expect(await driver.swap?.("c", "a", entry?.version, { value: 2 })).toMatchObject({ ok: true });
    const lost = await driver.swap?.("c", "a", entry?.version, { value: 3 });
    expect(lost).toMatchObject({ ok: false, current: { value: 2 } });
    expect(await driver.swap?.("c", "a", lost?.ok === false ? lost.current?.version : "", { value: 4 })).toMatchObject({
      ok: true,
    });
  });
});

describe("what a driver says of a second swap", () => {
  const driver: AnyDriver = { ...memoryDriver(), repeatableSwap: true };

  it("is kept where the same arguments reach it", () => {
    expect(intercept(driver, (_, proceed) => proceed()).repeatableSwap).toBe(true);
    const renamed: AnyDriver = remap(driver, { key: { to: (key) => key, from: (name) => name } });
    expect(renamed.repeatableSwap).toBe(true);
  });

  it("is not said where the same entry may be encoded in two ways", () => {
    expect(transform(driver, boxed).repeatableSwap).toBe(undefined);
  });
});

describe("remap", () => {
  const keys = {
    to: (key: string) => `k/${key}`,
    from: (name: string) => (name.startsWith("k/") ? name.slice(2) : undefined),
  };
  const collections = {
    to: (name: string) => `c/${name}`,
    from: (name: string) => (name.startsWith("c/") ? name.slice(2) : undefined),
  };

  it("keeps listings and removals of whole collections only where it can name them", () => {
    const kept = (renaming: Parameters<typeof remap>[1]) =>
      capabilitiesOf(createStore(remap(memoryDriver(), renaming) as AnyDriver));
    expect(kept({ collection: collections })).toEqual([
      "listKeys",
      "listCollections",
      "destroyCollection",
      "cull",
      "swap",
    ]);
    expect(kept({ collection: { to: collections.to } })).toEqual(["listKeys", "cull", "swap"]);
    expect(kept({ key: keys })).toEqual(["listKeys", "cull", "swap"]);
    expect(kept({ key: keys, collection: collections })).toEqual(["listKeys", "cull", "swap"]);
    expect(capabilitiesOf(createStore(remap(toDriver({ ...memoryStore() }), { key: keys }) as AnyDriver))).toEqual([]);
  });

  it("renames in every operation, and translates listings back page by page", async () => {
    const base = memoryStore();
    const store = createStore(remap(toDriver(base), { key: keys, collection: { to: collections.to } }));
    await base.putMany(
      [
        ["foreign", 0],
        ["k", 0],
        ["l/a", 0],
      ],
      { collection: "c/one" },
    );
    await store.putMany(
      [
        ["a", 1],
        ["ab", 2],
        ["b", 3],
      ],
      { collection: "one" },
    );
    await store.increment("n", 5, { collection: "one" });
    expect(await base.get("k/a", { collection: "c/one" })).toBe(1);
    expect(await store.getMany(["b", "a", "foreign"], { collection: "one" })).toEqual([3, 1, null]);
    expect(await Array.fromAsync(store.keys({ collection: "one" }))).toEqual(["a", "ab", "b", "n"]);
    expect(await Array.fromAsync(store.keys({ collection: "one", prefix: "a" }))).toEqual(["a", "ab"]);
    const first = await store.listKeys({ collection: "one", limit: 3 });
    expect(first.names).toEqual(["a", "ab", "b"]);
    expect((await store.listKeys({ collection: "one", cursor: first.cursor })).names).toEqual(["n"]);
    expect(await store.take("n", { collection: "one" })).toBe(5);
    expect(await store.deleteMany(["a", "b", "x"], { collection: "one" })).toBe(2);
    expect(await Array.fromAsync(base.keys({ collection: "c/one" }))).toEqual(["foreign", "k", "k/ab", "l/a"]);
  });

  it("names the caller's collection and keys in a failure, and keeps the failure below as the cause", async () => {
    const below = new KeyValueError("unavailable", "no network", {
      store: "there",
      collection: "c/one",
      key: "k/a",
      failed: ["k/a", "k/b"],
      retryAfter: 3,
    });
    const fail = () => Promise.reject(below);
    const broken = { ...memoryDriver(), read: fail, write: fail, remove: fail, listKeys: fail, swap: fail };
    const store = createStore(remap(broken, { key: keys, collection: { to: collections.to } }));
    const one = { collection: "one" };
    for (const call of [
      store.get("a", one),
      store.putMany(
        [
          ["a", 1],
          ["b", 2],
        ],
        one,
      ),
      store.deleteMany(["a", "b"], one),
      store.putIfAbsent("a", 1, one),
    ]) {
      const error = await rejection(call);
      expect(error).toMatchObject({
        code: "unavailable",
        message: "no network",
        store: "there",
        collection: "one",
        key: "a",
      });
      expect(error.failed).toEqual(["a", "b"]);
      expect(error.retryAfter).toBe(3);
      expect(error.cause).toBe(below);
    }
    expect((await rejection(store.listKeys(one))).collection).toBe("one");
  });

  it("leaves a failure that is not its own kind as it is", async () => {
    const bug = new RangeError("bug");
    const store = createStore(remap({ ...memoryDriver(), read: () => Promise.reject(bug) }, { key: keys }));
    expect(await rejection(store.get("a"))).toBe(bug);
  });
});

describe("intercept", () => {
  it("sees every operation with its collection, keys, entries and freshness", async () => {
    const seen: Call[] = [];
    const store = wrap(memoryStore(), (driver) =>
      intercept(driver, (call, proceed) => {
        seen.push(call);
        return proceed();
      }),
    );
    const users = { collection: "users" };
    await store.getMany(["a", "b"], users);
    await store.put("a", 1, users);
    await store.deleteMany(["a", "b"], users);
    await store.take("a", users);
    await store.putIfAbsent("a", 2, users);
    await store.listKeys(users);
    await store.listCollections();
    await store.cull();
    await store.destroyCollection(users);
    await store.destroy();
    expect(seen.map(({ operation }) => operation)).toEqual([
      "read",
      "write",
      "remove",
      "take",
      "swap",
      "listKeys",
      "listCollections",
      "cull",
      "destroyCollection",
      "destroy",
    ]);
    expect(seen[0]).toMatchObject({ collection: "users", keys: ["a", "b"] });
    expect(seen[0]?.fresh).toBe(undefined);
    expect(seen[1]).toMatchObject({ collection: "users", keys: ["a"], entries: [{ value: 1 }] });
    expect(seen[2]).toMatchObject({ collection: "users", keys: ["a", "b"] });
    expect(seen[3]).toMatchObject({ collection: "users", keys: ["a"] });
    expect(seen[4]).toMatchObject({ collection: "users", keys: ["a"], entries: [{ value: 2 }] });
  });

  it("keeps the capabilities that there are and adds none", () => {
    const around = <R>(_: Call, proceed: () => R) => proceed();
    expect(capabilitiesOf(wrap(memoryStore(), (driver) => intercept(driver, around)))).toEqual([...CAPABILITIES]);
    expect(capabilitiesOf(wrap({ ...memoryStore() }, (driver) => intercept(driver, around)))).toEqual([]);
  });

  it("makes the call again when proceed is called twice", async () => {
    let calls = 0;
    const flaky: AnyDriver = {
      ...memoryDriver(),
      read: (_, keys) => {
        if (++calls === 1) throw new KeyValueError("unavailable", "once");
        return keys.map(() => ({ value: calls }));
      },
    };
    const store = createStore(
      intercept(flaky, async (_, proceed) => {
        try {
          return await proceed();
        } catch {
          return proceed();
        }
      }),
    );
    expect(await store.get("a")).toBe(2);
    expect(calls).toBe(2);
  });

  it("makes no call when it throws", async () => {
    const base = memoryStore();
    const store = wrap(base, (driver) =>
      intercept(driver, ({ operation }, proceed) => {
        if (operation === "write") throw new KeyValueError("read_only", "no");
        return proceed();
      }),
    );
    expect((await rejection(store.put("a", 1))).code).toBe("read_only");
    expect(await base.get("a")).toBe(null);
  });
});

describe("a bulk over somebody else's store", () => {
  it("is tried to the end when entries with one deadline fail, and the error names those", async () => {
    const base = memoryStore();
    const refusing: AsyncKeyValue = {
      ...base,
      put: async (key, value, options) => {
        if (options?.ttl === undefined) throw new KeyValueError("unavailable", "no");
        await base.put(key, value, options);
      },
    };
    const deadlines = [undefined, Date.now() + 50_000, Date.now() + 90_000];
    const items = deadlines.map((expiresAt, i) => [`k${i}`, { value: i, expiresAt }] as const);
    const error = await rejection(Promise.resolve(toDriver(refusing).write("c", items)));
    expect([error.code, error.failed]).toEqual(["unavailable", ["k0"]]);
    expect(await base.getMany(["k0", "k1", "k2"], { collection: "c" })).toEqual([null, 1, 2]);
  });
});
