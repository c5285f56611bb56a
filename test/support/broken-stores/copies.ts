import type { Entry } from "../../../src/index.ts";
import { type Broken, collectionOf, driver, store } from "./make.ts";

/** Stores that share objects with their callers. */
export const copies: readonly Broken[] = [
  [
    "gives away its own object",
    store((_, { read }) => ({
      get: async <T>(key: string, options?: { collection?: string }) =>
        ((await read(collectionOf(options), [key]))[0]?.value ?? null) as T | null,
    })),
    "every read gives a copy of its own, which may be changed",
  ],
  [
    "gives one object for a key that is asked for twice",
    store((good) => ({
      getMany: async <T>(keys: readonly string[], options?: object) => {
        const values = new Map<string, T | null>();
        for (const key of keys) values.set(key, await good.get<T>(key, options));
        return keys.map((key) => values.get(key) ?? null);
      },
    })),
    "a key that is asked for twice is answered with two copies",
  ],
  [
    "keeps the caller's object",
    store((_, { write }) => ({
      put: async (key, value, options) => write(collectionOf(options), [[key, { value: value as Entry["value"] }]]),
    })),
    "changing a value after put changes nothing that is stored",
  ],
  [
    "copies only after something was awaited",
    store((good) => ({
      put: async (...args) => {
        await null;
        return good.put(...args);
      },
    })),
    "a value is copied at the call, before anything is awaited",
  ],
  [
    "reads a list of keys only after something was awaited",
    store((good) => ({
      getMany: async <T>(keys: readonly string[], options?: object) => {
        await null;
        return good.getMany<T>(keys, options);
      },
    })),
    "the list of keys is read at the call",
  ],
  [
    "freezes what it is given",
    driver(({ write }) => ({
      write: (collection, items) => {
        for (const [, entry] of items) (entry as { value: unknown }).value = "mine";
        return write(collection, items);
      },
    })),
    "entries are not changed by the driver that they are given to",
  ],
];
