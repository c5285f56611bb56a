import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { describe, expect, it } from "#test";
import { createStore, KeyValueError, memoryStore, supports, toDriver } from "../../src/index.ts";
import { required } from "../../src/views/required.ts";
import { type Issue, type StandardSchema, typed } from "../../src/views/typed.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";

interface User {
  name: string;
  age: number;
}

const schemas: Record<string, StandardSchema<User, User>> = {
  zod: z.object({ name: z.string(), age: z.number().min(18) }),
  valibot: v.object({ name: v.string(), age: v.pipe(v.number(), v.minValue(18)) }),
  arktype: type({ name: "string", age: "number >= 18" }),
};

const alice = { name: "Alice", age: 42 };

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );
const failures = (promises: readonly Promise<unknown>[]) => Promise.all(promises.map(failure));
const codeOf = async (promise: Promise<unknown>) => (await failure(promise))?.code;

for (const [library, schema] of Object.entries(schemas)) {
  describe(`typed with a schema of ${library}`, () => {
    it("gives back what fits, by all of the eight methods", async () => {
      const users = typed(memoryStore(), schema, { collection: "users" });
      await users.put("alice", alice, { ttl: 60 });
      await users.putMany([["bob", { name: "Bob", age: 20 }]]);
      expect(await users.get("alice")).toEqual(alice);
      expect(await users.get("nobody")).toBe(null);
      expect(await users.getMany(["bob", "nobody", "alice"])).toEqual([{ name: "Bob", age: 20 }, null, alice]);
      const found = await users.ttl("alice");
      expect(found?.value).toEqual(alice);
      expect(found!.ttl! > 50 && found!.ttl! <= 60).toBe(true);
      expect(await users.ttlMany(["nobody", "bob"])).toEqual([null, { value: { name: "Bob", age: 20 }, ttl: null }]);
      expect(await users.delete("bob")).toBe(true);
      expect(await users.deleteMany(["alice", "bob"])).toBe(1);
    });

    it("refuses to put what does not fit, before anything is sent, and says where", async () => {
      const inner = memoryStore();
      const users = typed(inner, schema);
      const bad = { name: "Mallory Secret", age: 17 };
      for (const error of await failures([
        users.put("k", bad, { collection: "c" }),
        users.putMany(
          [
            ["a", alice],
            ["k", bad],
          ],
          { collection: "c" },
        ),
        users.putIfAbsent("k", bad, { collection: "c" }),
        users.update("k", () => bad, { collection: "c" }),
      ])) {
        expect([error.name, error.code, error.store]).toEqual(["KeyValueError", "invalid_value", "memory"]);
        expect([error.collection, error.key]).toEqual(["c", "k"]);
        expect(error.message).toContain("value.age: ");
        expect(error.cause.map((issue: { path: unknown }) => issue.path)).toEqual([["age"]]);
      }
      expect((await inner.listKeys({ collection: "c" })).names).toEqual([]);
    });

    it("never tells what is in a value that it refuses", async () => {
      const inner = memoryStore();
      const users = typed(inner, schema);
      const values = [
        "top-secret",
        { name: "top-secret", age: "top-secret" },
        { name: ["top-secret"], age: { "a b": "top-secret" } },
        { name: { first: "top-secret" }, age: 7.25 },
        { name: "x", age: 7.25 },
        { name: 'top-secret "quoted"\n', age: 'top-secret "quoted"\n' },
        { name: 1, age: "top-secret ".repeat(50) },
      ];
      for (const value of values) {
        await inner.put("k", value);
        for (const error of [await failure(users.get("k")), await failure(users.put("k", value as never))]) {
          expect(error.code).toBe("invalid_value");
          const told = JSON.stringify([error.message, error.cause]);
          expect(told).not.toContain("top-secret");
          expect(told).not.toContain("7.25");
        }
      }
    });

    it("throws for stored values that do not fit, or takes them for missing", async () => {
      const inner = memoryStore();
      await inner.putMany([
        ["good", alice],
        ["bad", { name: 5 }],
      ]);
      const strict = typed(inner, schema);
      for (const error of await failures([
        strict.get("bad"),
        strict.getMany(["good", "bad"]),
        strict.ttl("bad"),
        strict.ttlMany(["bad"]),
      ])) {
        expect([error.code, error.collection, error.key]).toEqual(["invalid_value", "default_collection", "bad"]);
      }
      const keys = ["good", "bad"];
      const read = failure(strict.getMany(keys));
      keys.length = 0;
      expect((await read).key).toBe("bad");
      const lax = typed(inner, schema, { onInvalid: "miss" });
      expect(await lax.get("bad")).toBe(null);
      expect(await lax.getMany(["bad", "good"])).toEqual([null, alice]);
      expect(await lax.ttl("bad")).toBe(null);
      expect(await lax.ttlMany(["good", "bad"])).toEqual([{ value: alice, ttl: null }, null]);
      expect(await codeOf(lax.put("k", { name: "x" } as never))).toBe("invalid_value");
    });
  });
}

describe("typed", () => {
  it("reads a value that another program has nested deeper than a put allows", async () => {
    const value = JSON.parse(`${"[".repeat(1500)}${"]".repeat(1500)}`);
    const store = typed(createStore({ ...toDriver(memoryStore()), read: () => [{ value }] }), z.array(z.any()));
    expect(await store.get("k")).toEqual(value);
  });

  const Counter = z.object({ n: z.number() });

  it("never loses an invalid value to an atomic operation that throws, and lets one that counts as missing be replaced", async () => {
    const inner = memoryStore();
    const strict = typed(inner, Counter);
    const lax = typed(inner, Counter, { onInvalid: "miss" });
    await inner.put("k", "invalid");
    expect(await codeOf(strict.take("k"))).toBe("invalid_value");
    expect(await codeOf(strict.update("k", () => null))).toBe("invalid_value");
    expect(await codeOf(strict.putIfAbsent("k", { n: 1 }))).toBe("invalid_value");
    expect(await inner.get("k")).toBe("invalid");
    expect(await lax.take("k")).toBe(null);
    expect(await lax.update("k", (value) => ({ n: (value?.n ?? 0) + 1 }))).toEqual({ n: 1 });
    await inner.put("k", "invalid");
    expect(await lax.putIfAbsent("k", { n: 5 })).toBe(true);
    expect(await lax.take("k")).toEqual({ n: 5 });
  });

  it("has the atomic operations and loses no update", async () => {
    const view = typed(memoryStore(), Counter);
    await Promise.all(Array.from({ length: 20 }, () => view.update("k", (value) => ({ n: (value?.n ?? 0) + 1 }))));
    expect(await view.get("k")).toEqual({ n: 20 });
    expect(await view.update("k", () => undefined)).toEqual({ n: 20 });
    expect(await view.update("k", () => null)).toBe(null);
    const numbers = typed(memoryStore(), z.number().max(2));
    expect([await numbers.increment("n"), await numbers.increment("n")]).toEqual([1, 2]);
    expect(await codeOf(numbers.increment("n"))).toBe("invalid_value");
    expect(await numbers.get("n")).toBe(2);
    expect(await failure(view.update("k", 5 as never))).toBeInstanceOf(TypeError);
  });

  it("has no atomic operations where the store has none, and keeps its other capabilities", async () => {
    const { swap: _, ...driver } = toDriver(memoryStore());
    const view = typed(createStore(driver), Counter, { collection: "c" });
    for (const name of ["putIfAbsent", "take", "update", "increment"]) expect(name in view).toBe(false);
    await view.put("k", { n: 1 });
    const names: string[] = [];
    for await (const key of view.keys()) names.push(key);
    expect(names).toEqual(["k"]);
    expect(await view.destroyCollection()).toBe(true);
  });

  it("stores what was put, and transforms on every read", async () => {
    const inner = memoryStore();
    const Visit = z.object({
      at: z.iso.datetime().transform((text) => new Date(text)),
      tags: z.array(z.string()).default([]),
    });
    const visits = typed(inner, Visit);
    await visits.put("k", { at: "2026-01-02T03:04:05Z" });
    expect(await inner.get("k")).toEqual({ at: "2026-01-02T03:04:05Z" });
    const visit = await visits.get("k");
    expect(visit?.at.getTime()).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    expect(visit?.tags).toEqual([]);
    expect((await visits.ttl("k"))?.value.at).toBeInstanceOf(Date);
    expect((await visits.update("k", (old) => ({ at: old!.at.toISOString(), tags: ["x"] })))?.tags).toEqual(["x"]);
    expect((await visits.take("k"))?.at).toBeInstanceOf(Date);
    expect(await codeOf(visits.put("k", { at: new Date() as never }))).toBe("not_serializable");
  });

  it("tells nothing of a long value, nor of one with many parts that the schema quotes", async () => {
    const quoting = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) => ({
          issues: (Array.isArray(value) ? value : [value]).map((part, i) => ({
            message: `part "${part}" is no "part": a-${part}`,
            path: [i],
          })),
        }),
      },
    };
    const view = typed(memoryStore(), quoting as unknown as StandardSchema<unknown>);
    // An expression of this length is more than any engine compiles.
    for (const value of ["top secret ".repeat(20_000), ["top secret ".repeat(20_000)]]) {
      const error = await failure(view.put("k", value));
      expect([error.code, error.message]).toEqual(["invalid_value", "value.0: …"]);
    }
    const many = await failure(
      view.put(
        "k",
        Array.from({ length: 20_000 }, (_, i) => `top secret ${i}`),
      ),
    );
    expect(many.message.startsWith('value.0: part "…" is no "part": a-…; value.1: ')).toBe(true);
    expect((many.cause as Issue[]).map(({ message }) => message)).toEqual(
      Array.from({ length: 100 }, () => 'part "…" is no "part": a-…'),
    );
    expect(await failure(view.get("k", null as never))).toBeInstanceOf(TypeError);
  });

  it("takes async schemas", async () => {
    const Even = z.number().refine(async (n) => n % 2 === 0);
    const view = typed(memoryStore(), Even);
    await view.put("k", 2);
    expect(await view.get("k")).toBe(2);
    expect(await codeOf(view.put("k", 3))).toBe("invalid_value");
    expect(await codeOf(view.increment("k"))).toBe("invalid_value");
    expect(await view.get("k")).toBe(2);
  });

  it("takes a default for missing entries, afresh and through the schema, which a call may replace", async () => {
    const inner = memoryStore();
    const Settings = z.object({ theme: z.string().default("light"), tags: z.array(z.string()).default([]) });
    const settings = typed(inner, Settings, { default: { tags: ["new"] }, onInvalid: "miss" });
    const first = await settings.get("k");
    expect(first).toEqual({ theme: "light", tags: ["new"] });
    first.tags.push("changed");
    expect(await settings.get("k")).toEqual({ theme: "light", tags: ["new"] });
    await inner.put("bad", 5);
    expect(await settings.getMany(["bad", "k"], { default: { theme: "dark" } })).toEqual([
      { theme: "dark", tags: [] },
      { theme: "dark", tags: [] },
    ]);
    await settings.put("k", { theme: "blue" });
    expect((await settings.get("k", { default: {} })).theme).toBe("blue");
    expect(await settings.ttl("none")).toBe(null);
    expect(await inner.get("none")).toBe(null);
    expect(await codeOf(settings.get("none", { default: 5 as never }))).toBe("invalid_value");
  });

  it("uses its collection where a call names none, and checks through wrappers below it", async () => {
    const inner = memoryStore();
    const secrets = encrypt(inner, { keys: [{ id: "a", key: new Uint8Array(32) }] });
    const view = typed(secrets, Counter, { collection: "counters" });
    expect(await view.putIfAbsent("k", { n: 1 })).toBe(true);
    await view.put("k", { n: 2 }, { collection: "other" });
    expect(await view.getMany(["k"])).toEqual([{ n: 1 }]);
    expect(await view.get("k", { collection: "other" })).toEqual({ n: 2 });
    expect(typeof (await inner.get<Record<string, unknown>>("k", { collection: "counters" }))?.__encrypted_data__).toBe(
      "string",
    );
    const error = await failure(view.put("k", { n: "x" } as never));
    expect([error.collection, error.key]).toEqual(["counters", "k"]);
  });

  it("goes through the methods of a store that somebody else made", async () => {
    const inner = memoryStore();
    const store = { ...inner, get: async () => ({ n: 7 }) as never };
    const view = typed(store, Counter);
    expect(await view.get("any")).toEqual({ n: 7 });
    expect("putIfAbsent" in view).toBe(false);
  });

  it("keeps schemas from changing what is stored", async () => {
    const inner = memoryStore();
    const Vandal: StandardSchema<{ n: number }> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate(value) {
          (value as { n: number }).n = 99;
          return { value: value as { n: number } };
        },
      },
    };
    await typed(inner, Vandal).put("k", { n: 1 });
    expect(await inner.get("k")).toEqual({ n: 1 });
  });

  it("passes on what the schema itself throws, also where values that do not fit are missing", async () => {
    for (const problem of [new RangeError("the schema is broken"), new KeyValueError("unavailable", "no network")]) {
      const Broken: StandardSchema<number> = {
        "~standard": { version: 1, vendor: "test", validate: () => Promise.reject(problem) },
      };
      const inner = memoryStore();
      await inner.put("k", 1);
      for (const onInvalid of ["miss", "throw"] as const) {
        const view = typed(inner, Broken, { onInvalid });
        const reads = [view.get("k"), view.getMany(["k"]), view.ttl("k"), view.ttlMany(["k"]), view.take("k")];
        for (const error of await failures(reads)) expect(error).toBe(problem);
      }
      expect(await inner.get("k")).toBe(1);
    }
  });

  it("refuses what is no schema, and unknown options", () => {
    for (const schema of [undefined, null, {}, { "~standard": {} }]) {
      expect(() => typed(memoryStore(), schema as never)).toThrow(TypeError);
    }
    expect(() => typed(memoryStore(), Counter, { onInvalid: "ignore" as never })).toThrow(TypeError);
  });
});

describe("required", () => {
  it("answers what is there and throws for what is missing, naming it", async () => {
    const store = required(memoryStore());
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      { ttl: 60 },
    );
    expect(await store.get("a")).toBe(1);
    expect(await store.getMany(["b", "a", "b"])).toEqual([2, 1, 2]);
    expect((await store.ttl("a")).value).toBe(1);
    expect((await store.ttlMany(["b"]))[0]?.value).toBe(2);
    expect(await store.getMany([])).toEqual([]);
    for (const error of await failures([store.get("x", { collection: "c" }), store.ttl("x", { collection: "c" })])) {
      expect(error).toBeInstanceOf(KeyValueError);
      expect([error.code, error.collection, error.key, error.failed]).toEqual(["not_found", "c", "x", ["x"]]);
      expect(error.message).toContain('"x"');
    }
    for (const error of await failures([store.getMany(["y", "a", "x", "y"]), store.ttlMany(["y", "a", "x", "y"])])) {
      expect([error.code, error.collection, error.failed]).toEqual(["not_found", "default_collection", ["y", "x"]]);
      expect(error.message).toContain('"y", "x"');
      expect(error.message).not.toContain('"a"');
    }
  });

  it("keeps false, zero and the empty string, which are not missing", async () => {
    const store = required(memoryStore());
    await store.putMany([
      ["f", false],
      ["z", 0],
      ["e", ""],
    ]);
    expect(await store.getMany(["f", "z", "e"])).toEqual([false, 0, ""]);
  });

  it("leaves all other methods as they are", async () => {
    const store = required(memoryStore());
    expect(await store.take("none")).toBe(null);
    expect(await store.increment("n")).toBe(1);
    expect((await store.listKeys()).names).toEqual(["n"]);
    expect(await store.delete("n")).toBe(true);
    expect(supports(store, "swap")).toBe(true);
    const { swap: _, ...driver } = toDriver(memoryStore());
    expect("take" in required(createStore(driver))).toBe(false);
    expect(await failure(store.get(5 as never))).toBeInstanceOf(TypeError);
    for (const keys of ["ab", null, new Set(["n"])]) {
      const error = await failure(store.getMany(keys as never));
      expect([error.name, error.message]).toEqual([
        "TypeError",
        expect.stringContaining("keys must be an array; got "),
      ]);
    }
  });

  it("takes stores that are objects of a class, frozen, or themselves views", async () => {
    class Own {
      #inner = memoryStore();
      defaultCollection = "own";
      put(key: string, value: unknown) {
        return this.#inner.put(key, value);
      }
      get(key: string) {
        return this.#inner.get<string>(key);
      }
      getMany(keys: string[]) {
        return this.#inner.getMany<string>(keys);
      }
      ttl(key: string) {
        return this.#inner.ttl<string>(key);
      }
      ttlMany(keys: string[]) {
        return this.#inner.ttlMany<string>(keys);
      }
    }
    const own = required(new Own());
    await own.put("k", "v");
    expect(await own.get("k")).toBe("v");
    const error = await failure(own.get("x"));
    expect([error.code, error.collection]).toEqual(["not_found", "own"]);

    const frozen = required(Object.freeze(memoryStore()));
    await frozen.put("k", "v");
    const { get } = frozen;
    expect(await get("k")).toBe("v");

    const view = required(typed(memoryStore(), schemas.zod!, { collection: "users" }));
    await view.put("k", alice);
    expect((await view.get("k")).name).toBe("Alice");
    expect((await view.ttlMany(["k"])).map(({ value }) => value.age)).toEqual([42]);
    expect(await codeOf(view.getMany(["k", "x"]))).toBe("not_found");
    expect(await codeOf(view.put("k", 5 as never))).toBe("invalid_value");
    expect((await required(view).get("k")).age).toBe(42);
  });
});
