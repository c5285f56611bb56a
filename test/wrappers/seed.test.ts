import { describe, expect, it } from "#test";
import { transform, wrap } from "../../src/combinators/index.ts";
import { type AnyDriver, type AsyncKeyValue, createStore, memoryStore, toDriver } from "../../src/index.ts";
import { seed } from "../../src/wrappers/seed.ts";
import { type ChaosOptions, chaos } from "../support/chaos.ts";

const data = { users: { alice: { name: "Alice" }, bob: { name: "Bob" } }, flags: { dark: true } };

function seeded(faults: ChaosOptions = {}) {
  const base = memoryStore();
  const { driver, calls, stop } = chaos(toDriver(base), faults);
  return { base, calls, stop, store: seed(createStore(driver), data) };
}

describe("seed", () => {
  it("puts the entries before the first operation, whichever that is", async () => {
    for (const use of [
      (store: ReturnType<typeof seeded>["store"]) => store.get("anything"),
      (store) => store.put("anything", 1),
      (store) => store.listKeys({ collection: "users" }),
      (store) => store.putIfAbsent("anything", 1),
    ] as ((store: ReturnType<typeof seeded>["store"]) => Promise<unknown>)[]) {
      const { store, base, calls } = seeded();
      expect(calls.length).toBe(0);
      await use(store);
      expect(await base.getMany(["alice", "bob"], { collection: "users" })).toEqual([
        { name: "Alice" },
        { name: "Bob" },
      ]);
      expect(await base.get("dark", { collection: "flags" })).toBe(true);
    }
  });

  it("is there for the first read, listing and atomic operation themselves", async () => {
    expect(await seeded().store.get("dark", { collection: "flags" })).toBe(true);
    expect(await Array.fromAsync(seeded().store.keys({ collection: "users" }))).toEqual(["alice", "bob"]);
    expect(await seeded().store.putIfAbsent("dark", false, { collection: "flags" })).toBe(false);
    expect(await seeded().store.delete("dark", { collection: "flags" })).toBe(true);
  });

  it("never puts over an entry that is there, but over one that has expired", async () => {
    for (const strip of [false, true]) {
      const base = memoryStore();
      await base.put("alice", "mine", { collection: "users" });
      await base.put("bob", "expired", { collection: "users", ttl: 0.001 });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const store = seed(strip ? { ...base } : base, data);
      expect(await store.getMany(["alice", "bob"], { collection: "users" })).toEqual(["mine", { name: "Bob" }]);
    }
  });

  it("loses against a put of somebody else that comes between its read and its put", async () => {
    const base = memoryStore();
    const driver = toDriver(base);
    const read: AnyDriver["read"] = async (collection, keys, options) => {
      const entries = await driver.read(collection, keys, options);
      if (options?.fresh) await base.put("alice", "quicker", { collection: "users" });
      return entries;
    };
    const store = seed(createStore({ ...driver, read }), data);
    expect(await store.getMany(["alice", "bob"], { collection: "users" })).toEqual(["quicker", { name: "Bob" }]);
  });

  it("puts once, also when first uses are concurrent, and never again", async () => {
    const { store, calls } = seeded({ late: 1, delay: 1 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.get("dark", { collection: "flags" })));
    expect(answers.every((answer) => answer === true)).toBe(true);
    expect(calls.filter(({ operation }) => operation === "swap").length).toBe(3);
    await store.delete("dark", { collection: "flags" });
    expect(await store.get("dark", { collection: "flags" })).toBe(null);
  });

  it("takes one bulk read and at most one bulk write a collection where the store has no swap", async () => {
    const asked: string[] = [];
    const base = memoryStore();
    const spy = new Proxy(
      { ...base },
      {
        get: (target, name: keyof AsyncKeyValue) => {
          if (name in base && name !== "defaultCollection") asked.push(name);
          return target[name];
        },
      },
    );
    const store = seed(spy, data);
    // To wrap a store is to look whether it is one.
    asked.length = 0;
    await store.get("x");
    expect(asked).toEqual(["ttlMany", "putMany", "ttl", "put", "get"]);
  });

  it("fails the operation when it fails, and tries again at the next", async () => {
    const { store, base } = seeded({ plan: ["fail", undefined, "fail"] });
    const first = await Promise.allSettled([store.get("x"), store.get("y")]);
    expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(store.get("x")).rejects.toMatchObject({ code: "unavailable" });
    expect(await store.get("dark", { collection: "flags" })).toBe(true);
    expect(await base.getMany(["alice", "bob"], { collection: "users" })).toEqual([{ name: "Alice" }, { name: "Bob" }]);
  });

  it("does not wait forever for seeding that will never end", async () => {
    const { store, stop } = seeded({ plan: ["hang"] });
    const hanging = store.get("dark", { collection: "flags" });
    const real = Date.now;
    Date.now = () => real() + 11_000;
    try {
      expect(await store.get("dark", { collection: "flags" })).toBe(true);
    } finally {
      Date.now = real;
      stop();
      await hanging.catch(() => {});
    }
  });

  it("puts through the wrappers below it", async () => {
    const base = memoryStore();
    const boxed = wrap(base, (driver) =>
      transform(driver, {
        encode: (entry) => ({ ...entry, value: { boxed: entry.value } }),
        decode: (entry) => ({ ...entry, value: (entry.value as { boxed: true }).boxed }),
      }),
    );
    expect(await seed(boxed, data).get("dark", { collection: "flags" })).toBe(true);
    expect(await base.get("dark", { collection: "flags" })).toEqual({ boxed: true });
  });

  it("checks and copies its data at once, with the address of what is wrong", async () => {
    const at = { users: { alice: { joined: 1 as unknown } } };
    const store = seed(memoryStore(), at);
    at.users.alice.joined = 2;
    expect(await store.get("alice", { collection: "users" })).toEqual({ joined: 1 });
    at.users.alice.joined = new Date();
    let error: unknown;
    try {
      seed(memoryStore(), at);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "not_serializable", collection: "users", key: "alice" });
    expect((error as Error).message).toBe("value.joined is an instance of Date");
    for (const wrong of ["text", 5, { users: "text" }, new Map()]) {
      expect(() => seed(memoryStore(), wrong as never)).toThrow(TypeError);
    }
  });

  it("takes any names and no data at all", async () => {
    const names = JSON.parse('{"__proto__": {"__proto__": 1, "": 2}, "empty": {}}');
    const store = seed(memoryStore(), names);
    expect(await store.getMany(["__proto__", ""], { collection: "__proto__" })).toEqual([1, 2]);
    expect(await seed(memoryStore(), {}).get("x")).toBe(null);
  });
});
