import * as devalue from "devalue";
import superjson from "superjson";
import { describe, expect, it } from "#test";
import { KeyValueError, memoryStore, supports, toDriver } from "../../src/index.ts";
import { type Serializer, serialized } from "../../src/views/serialized.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { movedClock } from "../support/clock.ts";

const wait = movedClock();

const serializers: Record<string, Serializer<unknown>> = {
  superjson: superjson,
  "superjson as text": { serialize: superjson.stringify, deserialize: superjson.parse },
  devalue: { serialize: devalue.stringify, deserialize: devalue.parse },
};

const failure = (promise: Promise<unknown>): Promise<Partial<KeyValueError>> =>
  promise.then(
    () => ({}),
    (error) => error,
  );

const rich = () => ({
  at: new Date(7),
  tags: new Map([["a", new Set([1n, 2n ** 70n])]]),
  link: new URL("https://example.com/?a=1"),
  odd: [undefined, Number.NaN, -0],
});

for (const [name, serializer] of Object.entries(serializers)) {
  describe(`serialized with ${name}`, () => {
    it("reads what was put, by every method", async () => {
      const store = serialized(memoryStore(), serializer);
      await store.put("a", rich(), { ttl: 60 });
      await store.putMany([["b", 5n]]);
      expect(await store.get("a")).toEqual(rich());
      expect(await store.getMany(["b", "missing", "a"])).toEqual([5n, null, rich()]);
      expect(await store.ttl("b")).toEqual({ value: 5n, ttl: null });
      expect((await store.ttlMany(["missing", "a"])).map((found) => found?.value)).toEqual([undefined, rich()]);
      expect(await store.putIfAbsent("a", 1n)).toBe(false);
      const found = await store.getWithVersion("b");
      expect(found?.value).toBe(5n);
      const version = await store.putIfVersion("b", 6n, found!.version);
      expect(await store.putIfVersion("b", 7n, found!.version)).toBe(null);
      expect(await store.deleteIfVersion("b", version!)).toBe(true);
      const sum = (n: bigint) => store.update<bigint>("n", (old) => (old ?? 0n) + n);
      expect((await Promise.all([sum(2n), sum(3n), sum(2n ** 64n)])).length).toBe(3);
      expect(await store.update<bigint>("n", async (old) => (old ?? 0n) + 1n)).toBe(2n ** 64n + 6n);
      expect(await Promise.all([store.take("n"), store.take("n")])).toEqual([2n ** 64n + 6n, null]);
      expect(await store.update("a", () => undefined)).toEqual(rich());
      expect(await store.update("a", () => null)).toBe(null);
      expect(await store.listKeys()).toEqual({ names: [], cursor: undefined });
    });

    it("takes the value at the call, and never what is missing", async () => {
      const store = serialized(memoryStore(), serializer);
      const value = new Map([["a", 1]]);
      const put = store.put("k", value);
      value.set("a", 2);
      await put;
      expect(await store.get("k")).toEqual(new Map([["a", 1]]));
      for (const nothing of [null, undefined]) {
        expect((await failure(store.put("k", nothing))).code).toBe("not_serializable");
      }
      expect(await store.get("k")).toEqual(new Map([["a", 1]]));
    });
  });
}

describe("serialized", () => {
  const text: Serializer<string> = {
    serialize(value) {
      if (typeof value !== "bigint") throw new Error(`no bigint: ${value}`);
      return `${value}n`;
    },
    deserialize(stored) {
      if (!/^\d+n$/.test(stored)) throw new Error(`no bigint: ${stored}`);
      return BigInt(stored.slice(0, -1));
    },
  };

  it("refuses what the serializer refuses before anything is sent, and keeps the value out of the message", async () => {
    const inner = memoryStore();
    const store = serialized(inner, text, { collection: "c" });
    const bad: [string, unknown][] = [
      ["a", 1n],
      ["b", "secret"],
    ];
    for (const [call, key] of [
      [store.put("k", "secret"), "k"],
      [store.putMany(bad), "b"],
      [store.putIfAbsent("k", "secret"), "k"],
      [store.update("k", () => "secret"), "k"],
      [store.update("k", async () => "secret"), "k"],
    ] as const) {
      const error = await failure(call);
      expect([error.code, error.collection, error.key, (error.cause as Error).message]).toEqual([
        ...["not_serializable", "c", key],
        "no bigint: secret",
      ]);
      expect(error.message?.includes("secret")).toBe(false);
    }
    expect((await inner.listCollections()).names).toEqual([]);
  });

  it("says that what it cannot read is corrupted, and never removes it", async () => {
    const inner = memoryStore();
    const store = serialized(inner, text);
    for (const stored of ["plain", 7, { json: 1 }]) {
      await inner.put("k", stored);
      for (const call of [
        store.get("k"),
        store.getMany(["k"]),
        store.ttl("k"),
        store.take("k"),
        store.update("k", () => 1n),
        store.getWithVersion("k"),
      ]) {
        const error = await failure(call);
        expect([error instanceof KeyValueError, error.code, error.key]).toEqual([true, "corrupted", "k"]);
        expect(error.message?.includes("plain")).toBe(false);
      }
      expect(await inner.get("k")).toEqual(stored);
    }
    await store.put("k", 1n);
    expect(await store.get("k")).toBe(1n);
  });

  it("takes it for missing where that is wanted, and lets atomic operations replace it", async () => {
    const inner = memoryStore();
    const store = serialized(inner, text, { onCorrupt: "miss" });
    await inner.putMany([
      ["a", "plain"],
      ["b", "plain"],
    ]);
    expect([await store.get("a"), await store.ttl("a"), await store.take("a")]).toEqual([null, null, null]);
    expect(await inner.get("a")).toBe("plain");
    expect(await store.putIfAbsent("a", 1n)).toBe(true);
    expect(await store.update<bigint>("b", (old) => (old ?? 0n) + 1n)).toBe(1n);
  });

  it("lets deserialize change what it gets, and nothing of that reaches the store", async () => {
    type Stored = { at: string };
    const inner = memoryStore();
    const store = serialized(inner, {
      serialize: (value) => ({ at: (value as { at: Date }).at.toISOString() }),
      deserialize: (stored: Stored) => Object.assign(stored, { at: new Date(stored.at) }),
    });
    const value = { at: new Date(5) };
    await store.put("k", value);
    expect((await store.getWithVersion("k"))?.value).toEqual(value);
    expect(await store.update("k", (old) => old)).toEqual(value);
    expect(await inner.get("k")).toEqual({ at: value.at.toISOString() });
    expect(await store.take("k")).toEqual(value);
  });

  it("names the right key though the caller changes its list meanwhile, and refuses what is no list", async () => {
    const inner = memoryStore();
    await inner.put("bad", "plain");
    const store = serialized(inner, text);
    for (const method of ["getMany", "ttlMany"] as const) {
      const keys = ["none", "bad"];
      const read = failure(store[method](keys));
      keys.length = 0;
      expect((await read).key).toBe("bad");
      expect((await failure(store[method](null as never))).message).toBe("keys must be an array; got null");
    }
    for (const entries of [null, ["ab"]]) {
      const { name, message } = (await failure(store.putMany(entries as never))) as Error;
      expect([name, message?.startsWith("entries must be [key, value] pairs; got ")]).toEqual(["TypeError", true]);
    }
  });

  it("takes an undefined result of deserialize for corrupted", async () => {
    const inner = memoryStore();
    await inner.put("k", 1);
    const store = serialized(inner, { serialize: (value) => value, deserialize: () => undefined });
    expect((await failure(store.get("k"))).code).toBe("corrupted");
  });

  it("waits for what the function of update returns, also where that is no Promise of the language", async () => {
    const store = serialized(memoryStore(), superjson);
    // Such as a query of a database library.
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: this is what the test is about
      then: (resolve: (value: Date) => unknown) => resolve(new Date(5)),
    };
    expect(await store.update("k", () => query as unknown as Promise<Date>)).toEqual(new Date(5));
  });

  it("keeps deadlines", async () => {
    const store = serialized(memoryStore(), text);
    await store.put("k", 1n, { ttl: 10 });
    await store.update<bigint>("k", (old) => (old ?? 0n) + 1n);
    wait(11);
    expect([await store.get("k"), await store.take("k")]).toEqual([null, null]);
  });

  it("has what the store has, but for increment", async () => {
    const all = serialized(memoryStore(), text);
    expect("increment" in all).toBe(false);
    expect([supports(all, "swap"), supports(all, "destroy")]).toEqual([true, true]);
    const plain = serialized({ ...memoryStore() }, text);
    await plain.put("k", 1n);
    expect([await plain.get("k"), supports(plain, "swap"), supports(plain, "listKeys")]).toEqual([1n, false, false]);
    // To wrappers it is a foreign store: they would put what the serializer does not know.
    expect(toDriver(all).name).toBe("custom");
    const secret = serialized(encrypt(memoryStore(), { keys: [{ id: "a", key: new Uint8Array(32) }] }), text);
    await secret.put("k", 2n);
    expect(await secret.take("k")).toBe(2n);
  });

  it("refuses wrong arguments", async () => {
    expect(() => serialized(memoryStore(), {} as never)).toThrow("serialize must be a function");
    expect(() => serialized(memoryStore(), { serialize: String } as never)).toThrow("deserialize must be a function");
    expect(() => serialized(memoryStore(), text, { onCorrupt: "ignore" as never })).toThrow(TypeError);
    const store = serialized(memoryStore(), text);
    for (const call of [store.put(1 as never, 1n), store.putMany(["a"] as never), store.update("k", 1 as never)]) {
      expect((await failure(call)) instanceof TypeError).toBe(true);
    }
  });
});
