import { afterAll, beforeAll, describe, expect, it } from "#test";
import { type ConformanceOptions, conformance } from "../../src/conformance/index.ts";
import {
  type AsyncKeyValue,
  type Capability,
  createStore,
  type Entry,
  KeyValueError,
  memoryStore,
  type Store,
  toDriver,
} from "../../src/index.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { fernet } from "../../src/wrappers/fernet.ts";
import { withVariants } from "../support/combinations.ts";

const capabilities = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] as const;
const key = new Uint8Array(32).fill(1);

/** Values over the limit are compressed before they are refused, so the usual 25 MiB would take seconds. */
const maxBytes = 1_000_000;

type Wrapper = (store: Store<Capability>) => Store<Capability>;
const encrypted: Wrapper = (store) => encrypt(store, { keys: [{ id: "a", key }] });
const inFernet: Wrapper = (store) => fernet(store, { keys: [key] });

const wrappers: Record<string, Wrapper> = {
  "compress, from the first byte": (store) => compress(store, { minBytes: 0, maxBytes }),
  encrypt: encrypted,
  fernet: inFernet,
  "compress over encrypt": (store) => compress(encrypted(store), { minBytes: 0, maxBytes }),
};

const now = Date.now;
let ahead = 0;
beforeAll(() => {
  Date.now = () => now() + ahead;
});
afterAll(() => {
  Date.now = now;
});
const wait = (seconds: number): void => {
  ahead += seconds * 1000;
};

function holds(name: string, factory: () => AsyncKeyValue, options: ConformanceOptions = {}): void {
  conformance({ describe, it, expect }, name, factory, { capabilities, ordered: true, wait, ...options });
}

for (const [name, wrapper] of Object.entries(wrappers)) holds(name, () => wrapper(memoryStore()));

/** Refuses values over a limit, as most backends do. */
function limited(valueBytes: number): Store<Capability> {
  const memory = toDriver(memoryStore());
  const check = (entry: Entry | undefined): void => {
    const size = JSON.stringify(entry?.value ?? null).length;
    if (size > valueBytes) throw new KeyValueError("too_large", "the value is too large", { size, limit: valueBytes });
  };
  return createStore({
    ...memory,
    limits: { valueBytes },
    write(collection, items) {
      for (const [, entry] of items) check(entry);
      return memory.write(collection, items);
    },
    swap(collection, key, expected, next) {
      check(next);
      return memory.swap(collection, key, expected, next);
    },
  });
}

/** Any object with the eight methods, whose `this` matters. */
class Foreign implements AsyncKeyValue {
  readonly #inner = memoryStore();
  get: AsyncKeyValue["get"] = (key, options) => this.#inner.get(key, options);
  getMany: AsyncKeyValue["getMany"] = (keys, options) => this.#inner.getMany(keys, options);
  ttl: AsyncKeyValue["ttl"] = (key, options) => this.#inner.ttl(key, options);
  ttlMany: AsyncKeyValue["ttlMany"] = (keys, options) => this.#inner.ttlMany(keys, options);
  put(...args: Parameters<AsyncKeyValue["put"]>): Promise<void> {
    return this.#inner.put(...args);
  }
  putMany(...args: Parameters<AsyncKeyValue["putMany"]>): Promise<void> {
    return this.#inner.putMany(...args);
  }
  delete(...args: Parameters<AsyncKeyValue["delete"]>): Promise<boolean> {
    return this.#inner.delete(...args);
  }
  deleteMany(...args: Parameters<AsyncKeyValue["deleteMany"]>): Promise<number> {
    return this.#inner.deleteMany(...args);
  }
}

if (withVariants) {
  holds("compress", () => compress(memoryStore(), { maxBytes }));
  holds("compress over fernet", () => compress(inFernet(memoryStore()), { minBytes: 0, maxBytes }));
  holds("encrypt over a limit", () => encrypted(limited(200_000)));
  holds("fernet over a limit", () => inFernet(limited(200_000)));
  const overForeign = () => compress(encrypt(new Foreign(), { keys: [{ id: "a", key }] }), { maxBytes });
  holds("compress over encrypt over a foreign store", overForeign, { capabilities: [], ordered: false });
}
