import { describe, expect, it } from "#test";
import { copyJson, type JsonValue, parseJson, toJson } from "../../src/core/json.ts";
import { createStore, type Entry, type KeyValueError, memoryStore, toDriver } from "../../src/index.ts";

/** Objects of so many names that copies take another path, and what goes wrong with names there. */
function large(names: number): JsonValue {
  const pairs = Array.from({ length: names }, (_, i) => [i % 3 ? `name ${i}` : `${i}`, { i: [i, null, `${i}`] }]);
  return Object.fromEntries([...pairs.slice(names / 2), ["constructor", 1], ...pairs.slice(0, names / 2)]);
}

for (const [name, copyOf] of Object.entries({ toJson, copyJson })) {
  describe(name, () => {
    it("copies every JSON value as JSON itself does", () => {
      const values = [
        [0, 1.5, "a", true, null, [], {}, [[]], { a: { b: [{ c: null }] } }],
        ...[1, 2, 50, 299, 300, 301, 1000, 3000].map(large),
        JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":[1]},"c":{"d":1,"__proto__":null}}') as JsonValue,
        JSON.parse(`{${Array.from({ length: 400 }, (_, i) => `"${i === 390 ? "__proto__" : `n${i}`}":${i}`).join()}}`),
      ];
      for (const value of values) {
        const copy = copyOf(value);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        expect(Object.keys(copy as object)).toEqual(Object.keys(value as object));
        expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(value));
      }
    });

    it("copies what is nested, so that a change of the copy changes nothing else", () => {
      const value = { list: [{ a: 1 }], ...(large(400) as object) };
      const before = JSON.stringify(value);
      const copy = copyOf(value) as { list: { a: number }[]; "name 1": { i: number[] } };
      copy.list[0]!.a = 2;
      copy["name 1"].i.push(7);
      expect(JSON.stringify(value)).toBe(before);
    });

    it("takes no properties from prototypes, also where a program adds to that of all objects", () => {
      const prototype = Object.prototype as { added?: number };
      try {
        prototype.added = 1;
        expect(Object.keys(copyOf({ a: { b: 1 } }) as object)).toEqual(["a"]);
        expect(Object.keys(copyOf(large(400)) as object).includes("added")).toBe(false);
      } finally {
        delete prototype.added;
      }
    });
  });
}

describe("toJson", () => {
  it("leaves out symbols and properties that JSON does not see, and reads a getter once", () => {
    let reads = 0;
    const value = Object.defineProperty({ [Symbol("s")]: () => {}, a: 1 }, "hidden", { value: () => {} });
    Object.defineProperty(value, "b", { enumerable: true, get: () => ++reads });
    const copy = toJson(value);
    expect([JSON.stringify(copy), Reflect.ownKeys(copy as object).length, reads]).toEqual(['{"a":1,"b":1}', 2, 1]);
  });

  it("leaves out what is undefined, and reads a getter once then too", () => {
    for (const names of [0, 200]) {
      let reads = 0;
      const rest = names > 0 ? (large(names) as object) : {};
      const value = { a: undefined, ...rest, b: { c: undefined, d: [{ e: undefined }] }, z: -0 };
      Object.defineProperty(value, "f", { enumerable: true, get: () => [++reads] });
      const copy = toJson(value) as { z: number };
      expect(JSON.stringify(copy)).toBe(JSON.stringify({ ...rest, b: { d: [{}] }, z: 0, f: [1] }));
      expect(["a" in copy, Object.is(copy.z, 0), reads]).toEqual([false, true, 1]);
    }
  });

  it("says where a part is that JSON would change, in every kind of object", () => {
    for (const object of [{}, large(200) as object, JSON.parse('{"__proto__":1}') as object]) {
      for (const part of [Number.NaN, () => {}, 1n, new Date(), Symbol("s")]) {
        expect(() => toJson([1, { list: [{ ...object, part }] }])).toThrow("value[1].list[0].part is ");
      }
    }
  });

  it("refuses holes in arrays", () => {
    const list = [1, 2, 3];
    delete list[1];
    expect(() => toJson({ list })).toThrow("value.list[1] is undefined");
  });
});

describe("parseJson", () => {
  it("refuses null, and numbers that become Infinity", () => {
    const digits = "9".repeat(400);
    for (const text of [
      "null",
      "1e999",
      "[1E+999]",
      "[0,-1.5e0999]",
      '{"a":\n1e400}',
      digits,
      `{"a":-${digits}}`,
      `[${"9".repeat(300)}e9]`,
      `[1,${"9".repeat(250)}.5E+60]`,
      `{"a":-${"9".repeat(220)}e099}`,
      "no",
    ]) {
      expect(() => parseJson(text)).toThrow();
    }
    for (const text of ["1e308", "0", '"1e999"', '[" 1e999 4e9800"]', `"${digits}"`, '{"a":1e-999}']) {
      expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
    }
  });
});

describe("a store whose driver says that its values are fresh", () => {
  const entry = { value: { a: 1 } };
  const read = () => [entry];

  it("copies nothing", async () => {
    const store = createStore({ ...toDriver(memoryStore()), read, freshRead: read });
    expect((await store.get("k")) === entry.value).toBe(true);
    expect((await store.ttl("k"))?.value === entry.value).toBe(true);
    expect((await store.getMany(["k"]))[0] === entry.value).toBe(true);
  });

  it("copies what another read returns, as that of a wrapper, which may keep its values", async () => {
    const store = createStore({ ...toDriver(memoryStore()), freshRead: read, read: () => [entry] });
    expect((await store.get("k")) === entry.value).toBe(false);
    expect(await store.get("k")).toEqual({ a: 1 });
  });
});

it("a stored value that is nested too deeply to copy is corrupted", async () => {
  const value = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`) as JsonValue;
  const store = createStore({ ...toDriver(memoryStore()), read: () => [{ value }] });
  const error = (await store.get("k").catch((error: unknown) => error)) as KeyValueError;
  expect(error.code).toBe("corrupted");
});

it("atomic operations return what a read returns of values that are nested deeply, and keep what cannot be copied", async () => {
  const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as JsonValue;
  const storeOf = (value: JsonValue) => {
    let stored: Entry | undefined = { value, version: "1" };
    const { operations: _, apply: _1, ...driver } = toDriver(memoryStore());
    const read = () => [stored];
    const swap = (_1: string, _2: string, _3: string | undefined, next: Entry | undefined) => {
      stored = next && { ...next, version: "2" };
      return { ok: true as const, version: "2" };
    };
    return createStore({ ...driver, read, swap });
  };
  const calls = [
    (store: ReturnType<typeof storeOf>) => store.update("k", () => undefined),
    (store: ReturnType<typeof storeOf>) => store.getWithVersion("k").then((found) => found?.value),
    (store: ReturnType<typeof storeOf>) => store.take("k"),
  ];
  for (const call of calls) expect(await call(storeOf(nested(1500)))).toEqual(nested(1500));
  for (const call of calls) {
    const store = storeOf(nested(200_000));
    for (const again of [call, call]) {
      const error = (await again(store).catch((error: unknown) => error)) as KeyValueError;
      expect(error.code).toBe("corrupted");
    }
  }
  expect(await storeOf(nested(1500)).update("k", () => 1)).toBe(1);
});

it("a store that somebody else implemented returns JSON or fails", async () => {
  const foreign = {
    ...memoryStore(),
    get: async () => [new Date()] as never,
    ttl: async () => ({ value: Infinity, ttl: null }),
  };
  const driver = toDriver(foreign as never);
  for (const options of [{ valueOnly: true }, {}]) {
    const error = await Promise.resolve(driver.read("c", ["k"], options)).catch((error: unknown) => error);
    expect((error as KeyValueError).code).toBe("not_serializable");
  }
});

it("a store that somebody else implemented returns a TTL, a list and a count, or fails with a code", async () => {
  const over = (methods: object) => toDriver({ ...memoryStore(), ...methods } as never);
  for (const ttl of [null, undefined, Number.POSITIVE_INFINITY, 1e300]) {
    const [entry] = await over({ ttl: async () => ({ value: 1, ttl }) }).read("c", ["k"]);
    expect([ttl, entry?.value, entry?.expiresAt]).toEqual([ttl, 1, undefined]);
  }
  for (const methods of [
    { ttl: async () => ({ value: 1, ttl: Number.NaN }) },
    { ttl: async () => ({ value: 1, ttl: "60" }) },
    { ttl: async () => 7 },
  ]) {
    const error = await Promise.resolve(over(methods).read("c", ["k"])).catch((error: unknown) => error);
    expect((error as KeyValueError).code).toBe("backend");
  }
  const nothing = { getMany: async () => undefined, ttlMany: async () => undefined };
  for (const options of [{ valueOnly: true }, {}]) {
    const error = await Promise.resolve(over(nothing).read("c", ["k", "l"], options)).catch((error: unknown) => error);
    expect((error as KeyValueError).code).toBe("backend");
  }
  const silent = over({ delete: async () => undefined, deleteMany: async () => undefined });
  expect([await silent.remove("c", ["k"]), await silent.remove("c", ["k", "l"])]).toEqual([0, 0]);
});
