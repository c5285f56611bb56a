import { describe, expect, it } from "#test";
import { type AsyncKeyValue, memoryStore } from "../../src/index.ts";
import { tryLock } from "../../src/lock.ts";
import { typed } from "../../src/views/typed.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { clampTtl } from "../../src/wrappers/clamp-ttl.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { defaultValue } from "../../src/wrappers/default-value.ts";
import { encrypt, passphrase } from "../../src/wrappers/encrypt.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { fernet, fernetKey } from "../../src/wrappers/fernet.ts";
import { instrument } from "../../src/wrappers/instrument.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { log } from "../../src/wrappers/log.ts";
import { migrating } from "../../src/wrappers/migrating.ts";
import { readOnly } from "../../src/wrappers/read-only.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { route } from "../../src/wrappers/route.ts";
import { seed } from "../../src/wrappers/seed.ts";
import { statistics } from "../../src/wrappers/statistics.ts";
import { timeout } from "../../src/wrappers/timeout.ts";

const other = memoryStore();
const key = new Uint8Array(32);
const schema = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } } as const;

/** What programs without types hand over. */
type Loose = (store: AsyncKeyValue, ...rest: unknown[]) => unknown;

/** Every function that takes a store and options, and options that are wrong in their type alone. */
const wrappers: [name: string, wrapper: (store: AsyncKeyValue, options: unknown) => unknown, wrong: object[]][] = [
  ["clampTtl", clampTtl as Loose, []],
  ["compress", compress as Loose, [{ minBytes: "10" }]],
  ["defaultValue", (store, options) => (defaultValue as Loose)(store, 1, options), []],
  ["instrument", instrument as Loose, [{}, { onOperation: true }]],
  ["limitSize", limitSize as Loose, [{ tooSmall: "ignore" }]],
  ["log", log as Loose, [{ values: "no" }, { keys: 1 }, { logger: {} }, { logger: console.log }, { level: "all" }]],
  ["readOnly", readOnly as Loose, [{ onWrite: "skip" }]],
  ["retry", retry as Loose, [{ when: ["timeout"] }, { signal: new AbortController() }, { factor: Infinity }]],
  ["statistics", statistics as Loose, [{ maxCollections: "10" }]],
  ["timeout", timeout as Loose, [{ seconds: "5" }]],
  ["fallback", (store, options) => (fallback as Loose)(store, other, options), [{ on: [Error] }, { writes: "no" }]],
  ["migrating", (store, options) => (migrating as Loose)(other, store, options), [{ backfill: "no" }]],
  [
    "cacheThrough",
    (store, options) => (cacheThrough as Loose)(store, other, options),
    [{ waitUntil: true, maxTtl: 5 }],
  ],
  ["typed", (store, options) => (typed as Loose)(store, schema, options), [{ onInvalid: "ignore" }]],
  [
    "encrypt",
    encrypt as Loose,
    [{}, { keys: { id: "1", key } }, { keys: [{ id: "1", key }], allowPlaintext: "false" }, { keys: ["x"] }],
  ],
  [
    "fernet",
    fernet as Loose,
    [
      {},
      { keys: "x" },
      { keys: [key], allowPlaintext: "false" },
      { sourceMaterial: "", salt: "salt" },
      { sourceMaterial: "secret", salt: "" },
      { keys: [key], sourceMaterial: "secret", salt: "salt" },
    ],
  ],
];

describe("what is wrong in its type is refused at once", () => {
  for (const [name, wrapper, wrong] of wrappers) {
    it(`by ${name}`, () => {
      for (const options of [null, 5, "throw", true, ...wrong]) {
        expect(() => wrapper(memoryStore(), options)).toThrow(TypeError);
      }
      const valid = name === "fernet" ? { keys: [key] } : { keys: name === "encrypt" ? [{ id: "1", key }] : undefined };
      const options = name === "instrument" ? { onOperation: () => {} } : { ...valid, maxTtl: 5 };
      for (const store of [undefined, null, "store", {}, Promise.resolve(memoryStore())]) {
        expect(() => wrapper(store as never, options)).toThrow(TypeError);
      }
      wrapper(memoryStore(), options);
    });
  }

  it("by route, of which the stores are named by a plain object", () => {
    for (const stores of [new Map([["a", other]]), [other], "a", { a: "store" }]) {
      expect(() => route(stores as never, memoryStore())).toThrow(TypeError);
      expect(() => route({ stores, otherwise: memoryStore() } as never)).toThrow(TypeError);
    }
    expect(() => (route as (stores: object) => unknown)({ a: other })).toThrow(TypeError);
    expect(() => route({ stores: { a: other }, pick: "a" as never, otherwise: other })).toThrow(TypeError);
  });

  it("by seed, of which the data are objects in an object", () => {
    for (const data of [null, [], { users: [] }, { users: 5 }]) {
      expect(() => seed(memoryStore(), data as never)).toThrow(TypeError);
    }
  });

  it("by cacheThrough, also a missing limit and a cache that is the primary", () => {
    const store = memoryStore();
    expect(() => cacheThrough(store, memoryStore(), {} as never)).toThrow("maxTtl");
    const foreign = { ...store };
    for (const same of [store, foreign, log(store)]) {
      expect(() => cacheThrough(same, same, { maxTtl: 5 })).toThrow("another store");
    }
  });

  it("by those who take keys, without telling them", () => {
    const secret = "a secret that is no key";
    for (const wrong of [secret, { key: secret }, undefined]) {
      for (const make of [
        () => encrypt(other, { keys: [{ id: "1", key: wrong as never }] }),
        () => fernet(other, { keys: [wrong as never] }),
      ]) {
        let message = "";
        try {
          make();
        } catch (error) {
          message = String(error);
        }
        expect(message).toContain("must be");
        expect(message.includes(secret)).toBe(false);
      }
    }
  });

  it("by fernet, but not an option that is given as undefined", () => {
    fernet(other, { keys: [key], sourceMaterial: undefined, salt: undefined } as never);
    fernet(other, { keys: undefined, sourceMaterial: "secret", salt: "salt" } as never);
  });

  it("by passphrase and fernetKey", async () => {
    for (const salt of [500, { length: 20 }, ["a"], undefined, "short"]) {
      expect(() => passphrase("text", salt as never)).toThrow(TypeError);
    }
    await expect(fernetKey("", "salt")).rejects.toThrow(TypeError);
    await expect(fernetKey("secret", "")).rejects.toThrow(TypeError);
  });

  it("by lock, which could not hear of the end of anything else than a signal", async () => {
    const signal = new AbortController() as unknown as AbortSignal;
    await expect(tryLock(memoryStore(), "key", { ttl: 5, signal })).rejects.toThrow(TypeError);
  });
});
