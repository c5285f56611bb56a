import type { ConformanceOptions } from "../../../src/conformance/index.ts";
import {
  type AnyDriver,
  type AsyncKeyValue,
  type Capability,
  createStore,
  type Driver,
  type Entry,
  memoryStore,
  type Store,
  toDriver,
} from "../../../src/index.ts";

export type Memory = Driver<Capability>;
export type Full = Store<Capability>;

export const memory = (): Memory => toDriver(memoryStore()) as Memory;

/** A broken driver: a correct one with some methods replaced. */
export const driver = (change: (good: Memory) => Partial<AnyDriver>) => (): AsyncKeyValue => {
  const good = memory();
  // Without its own operations, so that all go through the methods that are replaced.
  return createStore({ ...good, operations: undefined, apply: undefined, ...change(good) } as Memory);
};

/** A broken store: a correct one with some methods replaced. */
export const store = (change: (good: Full, driver: Memory) => Partial<Full>) => (): AsyncKeyValue => {
  const good = memory();
  const made = createStore(good);
  return { ...made, ...change(made, good) } as AsyncKeyValue;
};

/** A driver whose names, in and out, go through a function that is not injective. */
export const renaming = (to: (name: string) => string) =>
  driver(({ read, write, remove, swap }) => ({
    read: (collection, keys, how) => read(to(collection), keys.map(to), how),
    write: (collection, items) =>
      write(
        to(collection),
        items.map(([key, entry]) => [to(key), entry]),
      ),
    remove: (collection, keys) => remove(to(collection), keys.map(to)),
    swap: (collection, key, expected, next) => swap(to(collection), to(key), expected, next),
  }));

/** A driver that changes the entries that it writes. */
export const writing = (change: (entry: Entry) => Entry) =>
  driver(({ write }) => ({
    write: (collection, items) =>
      write(
        collection,
        items.map(([key, entry]) => [key, change(entry)]),
      ),
  }));

/** A driver that joins collection and key and keeps all in one collection. */
export const joining = (join: (collection: string, key: string) => string) =>
  driver(({ read, write, remove, swap }) => ({
    read: (collection, keys, how) =>
      read(
        "",
        keys.map((key) => join(collection, key)),
        how,
      ),
    swap: (collection, key, expected, next) => swap("", join(collection, key), expected, next),
    write: (collection, items) =>
      write(
        "",
        items.map(([key, entry]) => [join(collection, key), entry]),
      ),
    remove: (collection, keys) =>
      remove(
        "",
        keys.map((key) => join(collection, key)),
      ),
  }));

export const viaUtf8 = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));

export const collectionOf = (options?: { collection?: string | undefined }) =>
  options?.collection ?? "default_collection";

/** A way to be broken, and the test that has to notice. */
export type Broken = readonly [how: string, make: () => AsyncKeyValue, test: string, options?: ConformanceOptions];
