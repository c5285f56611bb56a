import fc from "fast-check";
import { describe, expect, it } from "#test";
import { type AsyncKeyValue, createStore, KeyValueError, memoryStore, supports, toDriver } from "../../src/index.ts";
import { cacheThrough } from "../../src/wrappers/cache-through.ts";
import { clampTtl } from "../../src/wrappers/clamp-ttl.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { instrument } from "../../src/wrappers/instrument.ts";
import { limitSize } from "../../src/wrappers/limit-size.ts";
import { log } from "../../src/wrappers/log.ts";
import { prefixCollections } from "../../src/wrappers/prefix-collections.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { route } from "../../src/wrappers/route.ts";
import { seed } from "../../src/wrappers/seed.ts";
import { singleCollection } from "../../src/wrappers/single-collection.ts";
import { statistics } from "../../src/wrappers/statistics.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { chaos } from "../support/chaos.ts";
import { withVariants } from "../support/combinations.ts";

// Few, so that operations meet, and such that they would be mistaken for each other if they were joined without care.
const COLLECTIONS = ["a", "a:", ""];
const KEYS = ["", "a", ":a", "::a", "\uD83D", "\uD83D\uDE00"];
const TENANTS = ["", "a", "a:", "a::", "a::a", "a%3A", ":", "\uD83D", "%uD83D"];
const SECRET = new Uint8Array(32).fill(7);
const refused = new KeyValueError("rate_limited", "refused");
const silent = { debug() {}, info() {}, warn() {}, error() {} };

type Wrap = (store: AsyncKeyValue) => AsyncKeyValue;

/** Wrappers, each set up so that nobody should notice that it is there. */
const TRANSPARENT: Record<string, Wrap> = {
  prefixKeys: (store) => prefixKeys(store, "a:"),
  prefixCollections: (store) => prefixCollections(store, "::"),
  singleCollection: (store) => singleCollection(store, "all"),
  log: (store) => log(store, { logger: silent, values: true }),
  statistics: (store) => statistics(store),
  instrument: (store) => instrument(store, { onOperation: (_, run) => run() }),
  compress: (store) => compress(store, { minBytes: 0 }),
  encrypt: (store) => encrypt(store, { keys: [{ id: "1", key: SECRET }] }),
  fernet: (store) => fernet(store, { keys: [SECRET] }),
  limitSize: (store) => limitSize(store, { maxBytes: 1_000_000 }),
  clampTtl: (store) => clampTtl(store, { max: 1_000_000 }),
  seed: (store) => seed(store, {}),
  retry: (store) => retry(store),
  timeout: (store) => timeout(store),
  fallback: (store) => fallback(store, memoryStore()),
  cacheThrough: (store) => cacheThrough(store, memoryStore(), { maxTtl: 1000 }),
  cacheThroughForeign: (store) => cacheThrough(store, { ...memoryStore() }, { maxTtl: 1000 }),
  route: (store) =>
    route({
      stores: { even: memoryStore() },
      pick: (_, key) => (key.length % 2 ? undefined : "even"),
      otherwise: store,
    }),
  spread: (store) => ({ ...store }),
  proxied: (store) => new Proxy(store, {}),
};

/** Names of wrappers, from the inside out, without the orders that codecs refuse. */
function allowed(names: readonly string[]): string[] {
  const compressed = names.indexOf("compress");
  const isRefused = (name: string, i: number) =>
    compressed !== -1 && i > compressed && ["compress", "encrypt", "fernet"].includes(name);
  return names.filter((name, i) => !isRefused(name, i));
}

/** Wraps a store in wrappers, the first of them innermost. */
const stacked = (names: readonly string[], store: AsyncKeyValue) =>
  names.reduce((inner, name) => (TRANSPARENT[name] as Wrap)(inner), store);

const wrapperNames = fc.array(fc.constantFrom(...Object.keys(TRANSPARENT)), { maxLength: 6, size: "max" }).map(allowed);

const collection = fc.constantFrom(...COLLECTIONS);
const key = fc.constantFrom(...KEYS);
const value = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.jsonValue({ maxDepth: 2 }).filter((json) => json !== null),
);
const ttl = fc.option(fc.constant(500), { nil: undefined });
const keys = fc.array(key, { maxLength: 4, size: "max" });

const operation = fc.oneof(
  fc.record({ type: fc.constant("put"), collection, key, value, ttl }),
  fc.record({
    type: fc.constant("putMany"),
    collection,
    entries: fc.array(fc.tuple(key, value), { maxLength: 4, size: "max" }),
    ttl,
  }),
  fc.record({ type: fc.constant("delete"), collection, key }),
  fc.record({ type: fc.constant("deleteMany"), collection, keys }),
  fc.record({ type: fc.constant("getMany"), collection, keys }),
  fc.record({ type: fc.constant("ttlMany"), collection, keys }),
  fc.record({ type: fc.constant("putIfAbsent"), collection, key, value, ttl }),
  fc.record({ type: fc.constant("take"), collection, key }),
  fc.record({ type: fc.constant("increment"), collection, key }),
  fc.record({
    type: fc.constant("update"),
    collection,
    key,
    next: fc.option(fc.option(value), { nil: undefined }),
    ttl,
  }),
  fc.record({ type: fc.constant("keys"), collection, prefix: key }),
  fc.record({ type: fc.constant("collections"), collection }),
  fc.record({ type: fc.constant("destroyCollection"), collection }),
  fc.record({ type: fc.constant("cull"), collection }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** The store as plain as it can be: values as JSON, and whether they expire, by address. */
class Model {
  readonly #entries = new Map<string, { json: string; ttl: boolean }>();
  #at = (collection: string, key: string) => JSON.stringify([collection, key]);
  get = (collection: string, key: string): unknown => {
    const entry = this.#entries.get(this.#at(collection, key));
    return entry ? JSON.parse(entry.json) : null;
  };
  expires = (collection: string, key: string) => this.#entries.get(this.#at(collection, key))?.ttl;
  put = (collection: string, key: string, value: unknown, ttl: boolean) =>
    void this.#entries.set(this.#at(collection, key), { json: JSON.stringify(value), ttl });
  delete = (collection: string, key: string) => this.#entries.delete(this.#at(collection, key));
  keys = (collection: string, prefix: string) =>
    KEYS.filter((key) => key.startsWith(prefix) && this.#entries.has(this.#at(collection, key)));
  collections = () => COLLECTIONS.filter((collection) => this.keys(collection, "").length > 0);
  destroyCollection = (collection: string) =>
    this.keys(collection, "").filter((key) => this.delete(collection, key)).length > 0;
}

/** Does the same to a store and its model, and compares the answers. */
async function both(store: AsyncKeyValue, model: Model, operation: Operation): Promise<void> {
  const { type, collection } = operation;
  if (type === "put" || type === "putMany") {
    const { ttl } = operation;
    const entries = type === "put" ? [[operation.key, operation.value] as const] : operation.entries;
    for (const [key, value] of entries) model.put(collection, key, value, ttl !== undefined);
    if (type === "put") await store.put(operation.key, operation.value, { collection, ttl });
    else await store.putMany(entries, { collection, ttl });
  } else if (type === "delete") {
    expect(await store.delete(operation.key, { collection })).toBe(model.delete(collection, operation.key));
  } else if (type === "deleteMany") {
    const deleted = operation.keys.filter((key) => model.delete(collection, key)).length;
    expect(await store.deleteMany(operation.keys, { collection })).toBe(deleted);
  } else if (type === "getMany") {
    const expected = operation.keys.map((key) => model.get(collection, key));
    expect(await store.getMany(operation.keys, { collection })).toEqual(expected);
    for (const [i, key] of operation.keys.entries()) expect(await store.get(key, { collection })).toEqual(expected[i]);
  } else if (type === "ttlMany") {
    const found = await store.ttlMany(operation.keys, { collection });
    for (const [i, key] of operation.keys.entries()) {
      const expected = model.get(collection, key);
      expect(found[i]?.value ?? null).toEqual(expected);
      if (expected !== null) expect(found[i]?.ttl !== null).toBe(model.expires(collection, key));
    }
  } else if (type === "keys") {
    if (!supports(store, "listKeys")) return;
    const found = await Array.fromAsync(store.keys({ collection, prefix: operation.prefix }));
    expect(found.sort()).toEqual(model.keys(collection, operation.prefix).sort());
  } else if (type === "collections") {
    if (!supports(store, "listCollections")) return;
    expect((await Array.fromAsync(store.collections())).sort()).toEqual(model.collections().sort());
  } else if (type === "destroyCollection") {
    if (!supports(store, "destroyCollection")) return;
    expect(await store.destroyCollection({ collection })).toBe(model.destroyCollection(collection));
  } else if (type === "cull") {
    // Nothing expires while a history runs.
    if (supports(store, "cull")) expect(await store.cull()).toBe(0);
  } else {
    if (!supports(store, "swap")) return;
    const { key } = operation;
    const old = model.get(collection, key);
    if (type === "putIfAbsent") {
      expect(await store.putIfAbsent(key, operation.value, { collection, ttl: operation.ttl })).toBe(old === null);
      if (old === null) model.put(collection, key, operation.value, operation.ttl !== undefined);
    } else if (type === "take") {
      expect(await store.take(key, { collection })).toEqual(old);
      model.delete(collection, key);
    } else if (type === "update") {
      const { next, ttl } = operation;
      const seen: unknown[] = [];
      const change = (value: unknown) => {
        seen.push(value);
        return next;
      };
      const updated = await store.update(key, change, { collection, ttl });
      if (next === null) model.delete(collection, key);
      else if (next !== undefined) {
        model.put(collection, key, next, ttl !== undefined || (model.expires(collection, key) ?? false));
      }
      expect([seen, updated]).toEqual([[old], model.get(collection, key)]);
    } else if (typeof old === "number" && Math.abs(old + 1) > Number.MAX_SAFE_INTEGER) {
      expect(await store.increment(key, 1, { collection }).catch((error) => error.code)).toBe("out_of_range");
    } else if (old === null || typeof old === "number") {
      expect(await store.increment(key, 1, { collection })).toBe((old ?? 0) + 1);
      model.put(collection, key, (old ?? 0) + 1, model.expires(collection, key) ?? false);
    } else {
      expect(await store.increment(key, 1, { collection }).catch((error) => error.code)).toBe("not_a_number");
    }
  }
}

describe("stacks of wrappers", () => {
  it("behave as one plain store, whatever is stacked on what", async () => {
    const history = fc.array(operation, { minLength: 20, maxLength: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(wrapperNames, history, async (stack, history) => {
        const store = stacked(stack, memoryStore());
        const model = new Model();
        for (const operation of history) await both(store, model, operation);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  if (withVariants)
    it("behave as one plain store, each over each other", async () => {
      const history = fc.array(operation, { minLength: 20, maxLength: 60, size: "max" });
      for (const outer of Object.keys(TRANSPARENT)) {
        for (const inner of Object.keys(TRANSPARENT)) {
          const stack = allowed([inner, outer]);
          await fc.assert(
            fc.asyncProperty(history, async (history) => {
              const [store, model] = [stacked(stack, memoryStore()), new Model()];
              for (const operation of history) await both(store, model, operation);
            }),
            { numRuns: 1 },
          );
        }
      }
    }, 60_000);

  it("behave as one plain store, also where the backend fails and is asked again", async () => {
    const history = fc.array(operation, { minLength: 20, maxLength: 40, size: "max" });
    let faults = 0;
    await fc.assert(
      fc.asyncProperty(wrapperNames, history, fc.nat(), async (stack, history, seed) => {
        // No lost replies: what was deleted by the first attempt is not counted by the second.
        const faulty = chaos(
          { ...toDriver(memoryStore()), repeatableSwap: true },
          // An atomic operation is asked for again only where it was refused, as it may have happened otherwise.
          { seed, fail: 0.3, error: (operation) => (operation === "apply" ? refused : undefined) },
        );
        const half = chaos(faulty.driver, { seed: seed + 1, halfOfBulk: 0.3, only: ["write"] });
        const base = retry(createStore(half.driver), { minDelay: 0, maxDelay: 0, retries: 60 });
        const store = stacked(stack, base);
        const model = new Model();
        for (const operation of history) await both(store, model, operation);
        faults += faulty.calls.filter(({ fault }) => fault).length;
      }),
      { numRuns: 30 },
    );
    expect(faults).toBeGreaterThan(30);
  }, 60_000);

  it("keep tenants of one store apart, whatever they are called and do", async () => {
    const tenants = fc.uniqueArray(fc.constantFrom(...TENANTS), { minLength: 2, maxLength: 4, size: "max" });
    const history = fc.array(fc.tuple(fc.nat(3), operation), { minLength: 20, maxLength: 60, size: "max" });
    for (const prefix of [prefixKeys, prefixCollections]) {
      await fc.assert(
        fc.asyncProperty(tenants, history, async (tenants, history) => {
          const shared = memoryStore();
          const stores = tenants.map((tenant) => [prefix(shared, tenant) as AsyncKeyValue, new Model()] as const);
          for (const [number, operation] of history) {
            const [store, model] = stores[number % stores.length] as (typeof stores)[number];
            await both(store, model, operation);
          }
        }),
        { numRuns: 150 },
      );
    }
  }, 60_000);
});
