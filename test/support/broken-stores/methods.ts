import { type AsyncKeyValue, createStore, type Entry } from "../../../src/index.ts";
import { type Broken, collectionOf, driver, type Full, memory, store } from "./make.ts";

/** Stores whose methods do not do what they say. */
export const methods: readonly Broken[] = [
  [
    "reorders bulk results",
    driver(({ read }) => ({ read: (collection, keys, how) => read(collection, [...keys].sort(), how) })),
    "bulk reads are aligned with the keys, missing ones are null and repeated ones repeated",
  ],
  [
    "leaves missing keys out of bulk results",
    driver(({ read }) => ({ read: async (...args) => (await read(...args)).filter((entry) => entry) })),
    "reads are aligned with the keys",
  ],
  [
    "loses the keys after the hundredth",
    driver(({ read }) => ({ read: (collection, keys, how) => read(collection, keys.slice(0, 100), how) })),
    "a bulk may have more keys than backends take in one call",
  ],
  [
    "counts repeated keys twice",
    store((good) => ({
      deleteMany: async (keys, options) => {
        let count = 0;
        const there = await good.getMany(keys, options);
        for (const value of there) if (value !== null) count++;
        await good.deleteMany(keys, options);
        return count;
      },
    })),
    "deleteMany counts what was there, and each key once",
  ],
  [
    "keeps the first of repeated keys",
    store((good) => ({ putMany: async (entries, options) => good.putMany([...entries].reverse(), options) })),
    "of a repeated key the last value stays",
  ],
  [
    "writes a bulk before all of it is checked",
    store((good) => ({
      putMany: async (entries, options) => {
        for (const [key, value] of entries) await good.put(key, value, options);
      },
    })),
    "a bulk is checked whole before any of it is sent",
  ],
  [
    "takes nothing but arrays",
    store((good) => ({
      putMany: async (entries, options) => {
        if (!Array.isArray(entries)) throw new TypeError("no array");
        return good.putMany(entries, options);
      },
    })),
    "putMany takes every iterable of pairs",
  ],
  [
    "answers every delete with true",
    driver(({ remove }) => ({
      remove: async (collection, keys) => {
        await remove(collection, keys);
        return keys.length;
      },
    })),
    "delete removes, and answers whether there was something",
  ],
  [
    "does not delete",
    driver(({ read }) => ({
      remove: async (collection, keys) => (await read(collection, keys)).filter((entry) => entry).length,
    })),
    "delete removes, and answers whether there was something",
  ],
  [
    "reads from a cache that writes do not reach",
    store((good) => {
      const cache = new Map<string, Promise<unknown>>();
      return {
        get: <T>(key: string, options?: { collection?: string }) => {
          const at = JSON.stringify([key, collectionOf(options)]);
          if (!cache.has(at)) cache.set(at, good.get(key, options));
          return cache.get(at) as Promise<T | null>;
        },
      };
    }),
    "put replaces the whole value",
  ],
  [
    "merges values",
    driver(({ read, write }) => ({
      write: async (collection, items) => {
        for (const [key, entry] of items) {
          const old = (await read(collection, [key]))[0]?.value;
          await write(collection, [
            [
              key,
              {
                ...entry,
                value:
                  typeof old === "object" ? ({ ...old, ...(entry.value as object) } as Entry["value"]) : entry.value,
              },
            ],
          ]);
        }
      },
    })),
    "put replaces the whole value",
  ],
  [
    "throws at once instead of rejecting",
    store((good) => ({
      get: <T>(key: string, options?: object) => {
        if (typeof key !== "string") throw new TypeError("key");
        return good.get<T>(key, options);
      },
    })),
    "a key that is no string is refused with a TypeError",
  ],
  [
    "takes any TTL",
    store((good) => ({
      put: (key, value, { ttl, ...options } = {}) =>
        good.put(key, value, { ...options, ...(Number(ttl) > 0 && Number(ttl) < 1e9 ? { ttl: Number(ttl) } : {}) }),
    })),
    "a TTL that is no positive finite number, or ends after the year 9999, is refused",
  ],
  [
    "takes numbers for keys",
    store((good) => ({ get: <T>(key: string, options?: object) => good.get<T>(String(key), options) })),
    "a key that is no string is refused with a TypeError",
  ],
  [
    "needs its this",
    store((good) => ({
      ...good,
      async get<T>(this: Full, key: string, options?: object) {
        return (await this.getMany<T>([key], options))[0] ?? null;
      },
    })),
    "methods work when they are taken off the store",
  ],
  [
    "has another default collection for bulk calls",
    store((good) => ({
      getMany: <T>(keys: readonly string[], options?: object) =>
        good.getMany<T>(keys, { collection: "other", ...options }),
    })),
    "a call that names no collection means the default collection",
  ],
  [
    "swallows its errors",
    store((good) => ({ put: (...args) => good.put(...args).catch(() => {}) })),
    "an error has its name, code, store, collection and key",
  ],
  [
    "tells values in its errors",
    store((good) => ({
      put: (key, value, options) =>
        good.put(key, value, options).catch((error: Error) => {
          error.message += JSON.stringify(value);
          throw error;
        }),
    })),
    "an error holds no value that was to be stored",
  ],
  [
    "loses capabilities without a word",
    () => createStore((({ swap: _, ...rest }) => rest)(memory())),
    "the store has the capabilities that were promised, and no others",
    { capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] },
  ],
  [
    "has a method without the capability",
    () =>
      ({
        ...createStore((({ listKeys: _, ...rest }) => rest)(memory())),
        keys: async function* () {},
      }) as AsyncKeyValue,
    "a prefix is taken literally",
  ],
  [
    "gives undefined for what is missing",
    store((good) => ({
      get: async <T>(key: string, options?: object) => ((await good.get<T>(key, options)) ?? undefined) as T | null,
    })),
    "get of a key that was never put is null",
  ],
  [
    "takes any iterable for a list of keys",
    store((good) => ({ deleteMany: async (keys, options) => good.deleteMany(Array.from(keys ?? []), options) })),
    "keys that are no array are refused with a TypeError",
  ],
];
