import type { ConformanceOptions } from "../../src/conformance/index.ts";
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
} from "../../src/index.ts";

type Memory = Driver<Capability>;
type Full = Store<Capability>;

const memory = (): Memory => toDriver(memoryStore()) as Memory;

/** A broken driver: a correct one with some methods replaced. */
const driver = (change: (good: Memory) => Partial<AnyDriver>) => (): AsyncKeyValue => {
  const good = memory();
  return createStore({ ...good, ...change(good) } as Memory);
};

/** A broken store: a correct one with some methods replaced. */
const store = (change: (good: Full, driver: Memory) => Partial<Full>) => (): AsyncKeyValue => {
  const good = memory();
  const made = createStore(good);
  return { ...made, ...change(made, good) } as AsyncKeyValue;
};

/** A driver whose names, in and out, go through a function that is not injective. */
const renaming = (to: (name: string) => string) =>
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
const writing = (change: (entry: Entry) => Entry) =>
  driver(({ write }) => ({
    write: (collection, items) =>
      write(
        collection,
        items.map(([key, entry]) => [key, change(entry)]),
      ),
  }));

/** A driver that joins collection and key and keeps all in one collection. */
const joining = (join: (collection: string, key: string) => string) =>
  driver(({ read, write, remove }) => ({
    read: (collection, keys) =>
      read(
        "",
        keys.map((key) => join(collection, key)),
      ),
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

const viaUtf8 = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text));

const collectionOf = (options?: { collection?: string | undefined }) => options?.collection ?? "default_collection";

/** Another driver's entries with versions made by a bad rule. */
function versioned(
  { read, write, remove }: Memory,
  versionOf: (entry: Entry, old?: string) => string,
): Partial<AnyDriver> {
  const versions = new Map<string, string>();
  const at = (collection: string, key: string) => JSON.stringify([collection, key]);
  const set = async (collection: string, key: string, entry: Entry) => {
    versions.set(at(collection, key), versionOf(entry, versions.get(at(collection, key))));
    await write(collection, [[key, entry]]);
  };
  const unset = async (collection: string, keys: readonly string[]) => {
    for (const key of keys) versions.delete(at(collection, key));
    return remove(collection, keys);
  };
  const get = async (collection: string, keys: readonly string[]) =>
    (await read(collection, keys)).map(
      (entry, i) => entry && { ...entry, version: versions.get(at(collection, keys[i] as string)) },
    );
  return {
    read: get,
    remove: unset,
    async write(collection, items) {
      for (const [key, entry] of items) await set(collection, key, entry);
    },
    async swap(collection, key, expected, next) {
      const [current] = await get(collection, [key]);
      if (current?.version !== expected) return { ok: false, current };
      if (next) await set(collection, key, next);
      else await unset(collection, [key]);
      return { ok: true };
    },
  };
}

function parsed(text: string): Entry["value"] {
  try {
    return JSON.parse(text) as Entry["value"];
  } catch {
    return text;
  }
}

function assigned(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(assigned);
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    // What assigning to it does, also where a runtime has disabled that.
    if (name !== "__proto__") copy[name] = assigned(inner);
    else if (typeof inner === "object") Object.setPrototypeOf(copy, assigned(inner) as object);
  }
  return copy;
}

function tooLarge(size: number, limit: number): Error {
  return Object.assign(new Error("too large"), { name: "KeyValueError", code: "too_large", size, limit });
}

/** Ways to be broken, each with the test that has to notice. */
export const BROKEN: readonly (readonly [
  how: string,
  make: () => AsyncKeyValue,
  test: string,
  options?: ConformanceOptions,
])[] = [
  [
    "forgets the TTL",
    writing(({ expiresAt: _, ...entry }) => entry),
    "an entry is there before its deadline and absent from it on",
  ],
  [
    "rounds deadlines down to seconds",
    writing((entry) => ({ ...entry, expiresAt: entry.expiresAt && Math.floor(entry.expiresAt / 1000) * 1000 })),
    "ttl gives the seconds that are left",
  ],
  [
    "expires early",
    driver(({ read }) => ({
      read: async (...args) =>
        (await read(...args)).map((entry) => ((entry?.expiresAt ?? Infinity) < Date.now() + 100 ? undefined : entry)),
    })),
    "an entry is there before its deadline and absent from it on",
  ],
  [
    "keeps the deadline of the entry before",
    driver(({ read, write }) => ({
      write: async (collection, items) => {
        for (const [key, entry] of items)
          await write(collection, [
            [key, { ...entry, expiresAt: entry.expiresAt ?? (await read(collection, [key]))[0]?.expiresAt }],
          ]);
      },
    })),
    "put without a TTL takes an earlier one away",
  ],
  [
    "caps the TTL at a 32-bit number",
    writing((entry) => ({
      ...entry,
      expiresAt: entry.expiresAt && Math.min(entry.expiresAt, Date.now() + 2 ** 31 * 1000),
    })),
    "a TTL of centuries is kept",
  ],
  [
    "gives expired entries",
    driver(({ read }) => ({
      read: async (...args) => (await read(...args)).map((entry) => entry && { ...entry, expiresAt: undefined }),
    })),
    "an expired entry is absent for every method",
  ],
  [
    "counts an expired entry as deleted",
    driver(({ read, remove }) => ({
      remove: async (collection, keys) => {
        const there = await read(collection, keys);
        await remove(collection, keys);
        return there.filter((entry) => entry).length;
      },
    })),
    "delete of an expired entry that nobody has read since is false",
  ],
  [
    "forgets when an entry was created",
    writing(({ createdAt: _, ...entry }) => entry),
    "an entry keeps its deadline to the millisecond, and when it was created",
  ],
  [
    "writes entries whose deadline has passed without one",
    writing((entry) => ((entry.expiresAt ?? Infinity) < Date.now() ? { ...entry, expiresAt: undefined } : entry)),
    "a write whose deadline has passed removes what is there",
  ],

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

  ["knows no collections", joining((_, key) => key), "collections do not see each other's keys"],
  [
    "joins collection and key without care",
    joining((collection, key) => `${collection}::${key}`),
    "no two pairs of collection and key meet",
  ],
  [
    "joins collection and key without a separator",
    joining((collection, key) => collection + key),
    "no two pairs of collection and key meet",
  ],
  [
    "joins them as URL parts, which throws for a lone surrogate",
    joining((collection, key) => `${encodeURIComponent(collection)}/${encodeURIComponent(key)}`),
    "every string is a key, apart from all others",
  ],
  ["takes keys through UTF-8", renaming(viaUtf8), "every string is a key, apart from all others"],
  ["normalises names", renaming((name) => name.normalize("NFC")), "every string is a key for the bulk methods as well"],
  ["ignores case", renaming((name) => name.toLowerCase()), "every string is a collection, apart from all others"],
  ["trims names", renaming((name) => name.trim()), "every string is a collection, apart from all others"],
  [
    "ends names at NUL",
    renaming((name) => name.split("\0")[0] as string),
    "every string is a key, apart from all others",
  ],
  ["cuts long names", renaming((name) => name.slice(0, 500)), "long names that differ only at one end are two names"],
  [
    "has an object for a map",
    renaming((name) => (name in {} ? "" : name)),
    "every string is a key, apart from all others",
  ],
  [
    "does not look at its limits",
    driver(() => ({ limits: { keyBytes: 512 } })),
    "a key over the backend's limit is refused as too large, and nothing is written",
  ],
  [
    "counts its key limit in characters",
    driver(({ write }) => ({
      limits: { keyBytes: 512 },
      write: (collection, items) => {
        for (const [key] of items) if (key.length > 512) throw tooLarge(key.length, 512);
        return write(collection, items);
      },
    })),
    "a key over the backend's limit is refused as too large, and nothing is written",
  ],
  [
    "does not look at its limit of values",
    driver(() => ({ limits: { valueBytes: 10_000 } })),
    "a value over the backend's limit is refused as too large, and nothing is written",
  ],

  [
    "takes falsy values for missing ones",
    store((good) => ({ get: async <T>(key: string, options?: object) => (await good.get<T>(key, options)) || null })),
    "false, 0 and the empty string are values, not missing",
  ],
  [
    "parses texts that look like JSON",
    driver(({ read }) => ({
      read: async (...args) =>
        (await read(...args)).map(
          (entry) => entry && { ...entry, value: typeof entry.value === "string" ? parsed(entry.value) : entry.value },
        ),
    })),
    "every JSON value comes back as it was",
  ],
  [
    "takes texts through UTF-8",
    writing((entry) => ({
      ...entry,
      value: JSON.parse(JSON.stringify(entry.value), (_, value) =>
        typeof value === "string" ? viaUtf8(value) : value,
      ),
    })),
    "every JSON value comes back as it was",
  ],
  [
    "turns empty arrays into objects",
    writing((entry) => ({ ...entry, value: JSON.parse(JSON.stringify(entry.value).replaceAll("[]", "{}")) })),
    "every JSON value comes back as it was",
  ],
  [
    "rounds numbers",
    writing((entry) => ({
      ...entry,
      value: JSON.parse(JSON.stringify(entry.value), (_, value) =>
        typeof value === "number" ? Number(value.toPrecision(14)) : value,
      ),
    })),
    "every JSON value comes back as it was",
  ],
  [
    "sets a property named __proto__",
    writing((entry) => ({ ...entry, value: assigned(entry.value) as Entry["value"] })),
    "a property named __proto__ is data and never a prototype",
  ],
  [
    "stores what JSON makes of a value",
    store((good) => ({
      put: async (key, value, options) =>
        good.put(key, value === undefined ? 0 : JSON.parse(JSON.stringify(value) ?? "0"), options),
    })),
    "what JSON would change is refused with the path to it, and nothing is written",
  ],

  [
    "reorders bulk results",
    driver(({ read }) => ({ read: (collection, keys) => read(collection, [...keys].sort()) })),
    "bulk reads are aligned with the keys, missing ones are null and repeated ones repeated",
  ],
  [
    "leaves missing keys out of bulk results",
    driver(({ read }) => ({ read: async (...args) => (await read(...args)).filter((entry) => entry) })),
    "reads are aligned with the keys",
  ],
  [
    "loses the keys after the hundredth",
    driver(({ read }) => ({ read: (collection, keys) => read(collection, keys.slice(0, 100)) })),
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
    "loses the second page",
    driver(({ listKeys }) => ({ listKeys: async (...args) => ({ names: (await listKeys(...args)).names }) })),
    "limit is the most that a page or an iterator gives",
  ],
  [
    "stops at an empty page",
    driver(({ listKeys }) => ({
      listKeys: async (collection, { prefix = "", ...page }) => {
        const { names, cursor } = await listKeys(collection, page);
        const found = names.filter((name) => name.startsWith(prefix));
        return { names: found, cursor: found.length > 0 ? cursor : undefined };
      },
    })),
    "prefix and limit hold together, over pages too",
  ],
  [
    "ignores the cursor",
    driver(({ listKeys }) => {
      let calls = 0;
      return {
        listKeys: (collection, { cursor: _, ...page }) => {
          if (++calls > 20_000) throw new Error("no end");
          return listKeys(collection, page);
        },
      };
    }),
    "limit is the most that a page or an iterator gives",
  ],
  [
    "takes an offset for a cursor",
    driver(({ listKeys }) => ({
      listKeys: async (collection, { cursor = "0", limit = 10, prefix }) => {
        const { names } = await listKeys(collection, { prefix, limit: 10_000 });
        const end = Number(cursor) + limit;
        return { names: names.slice(Number(cursor), end), cursor: end < names.length ? `${end}` : undefined };
      },
    })),
    "what is deleted between pages takes nothing else along",
  ],
  [
    "takes the limit for a hint",
    driver(({ listKeys }) => ({
      listKeys: (collection, page) => listKeys(collection, { ...page, limit: page.limit && page.limit + 1 }),
    })),
    "limit is the most that a page or an iterator gives",
  ],
  [
    "ignores the prefix",
    driver(({ listKeys }) => ({ listKeys: (collection, { prefix: _, ...page }) => listKeys(collection, page) })),
    "a prefix is taken literally",
  ],
  [
    "takes the prefix for a pattern",
    driver(({ listKeys }) => ({
      listKeys: async (collection, { prefix = "" }) => {
        const { names } = await listKeys(collection, { limit: 10_000 });
        const pattern = new RegExp(
          `^${prefix
            .replace(/[\\^$.|+(){}[\]]/g, "\\$&")
            .replaceAll("*", ".*")
            .replaceAll("?", ".")}`,
          "u",
        );
        return { names: names.filter((name) => pattern.test(name)) };
      },
    })),
    "a prefix is taken literally",
  ],
  [
    "compares prefixes without case",
    driver(({ listKeys }) => ({
      listKeys: async (collection, { prefix = "" }) => ({
        names: (await listKeys(collection, { limit: 10_000 })).names.filter((name) =>
          name.toLowerCase().startsWith(prefix.toLowerCase()),
        ),
      }),
    })),
    "a prefix is taken literally",
  ],
  [
    "lists other collections too",
    driver(({ listKeys }) => {
      const seen = new Set<string>();
      return {
        listKeys: async (collection, page) => {
          seen.add(collection).add(`${collection}2`);
          const names: string[] = [];
          for (const name of seen) if (name.startsWith(collection)) names.push(...(await listKeys(name, page)).names);
          return { names };
        },
      };
    }),
    "all keys of the collection are listed, and no others",
  ],
  [
    "lists by UTF-16 units",
    driver(({ listKeys }) => ({
      listKeys: async (collection, { prefix }) => ({
        names: [...(await listKeys(collection, { prefix, limit: 10_000 })).names].sort(),
      }),
    })),
    "an ordered store lists in code point order, over pages too",
  ],
  [
    "lists deleted and expired keys",
    driver(({ write }) => {
      const known = new Map<string, Set<string>>();
      return {
        write: (collection, items) => {
          for (const [key] of items) known.set(collection, (known.get(collection) ?? new Set()).add(key));
          return write(collection, items);
        },
        listKeys: (collection) => ({ names: [...(known.get(collection) ?? [])] }),
      };
    }),
    "a listing leaves expired keys out",
  ],
  [
    "gives a name twice",
    store((good) => ({
      keys: async function* (options) {
        for await (const key of good.keys(options)) {
          yield key;
          yield key;
        }
      } as Full["keys"],
    })),
    "limit is the most that a page or an iterator gives",
  ],
  [
    "lists emptied collections",
    driver(({ write }) => {
      const known = new Set<string>();
      return {
        write: (collection, items) => {
          known.add(collection);
          return write(collection, items);
        },
        listCollections: ({ prefix = "" }) => ({ names: [...known].filter((name) => name.startsWith(prefix)) }),
      };
    }),
    "a collection is listed while it holds something",
  ],
  [
    "lists collections that hold nothing alive",
    driver(({ write }) => {
      const known = new Set<string>();
      return {
        write: (collection, items) => {
          known.add(collection);
          return write(collection, items);
        },
        listCollections: ({ prefix = "" }) => ({ names: [...known].filter((name) => name.startsWith(prefix)) }),
      };
    }),
    "a collection with nothing but expired entries is not listed",
  ],
  [
    "destroys collections that start with the name",
    driver(({ destroyCollection, listCollections }) => ({
      destroyCollection: async (prefix) => {
        let any = false;
        for (const name of (await listCollections({ prefix })).names) if (await destroyCollection(name)) any = true;
        return any;
      },
    })),
    "destroyCollection removes all of a collection and nothing else",
  ],
  [
    "answers every destroy with true",
    driver(({ destroy }) => ({
      destroy: async () => {
        await destroy();
        return true;
      },
    })),
    "destroy removes everything, and the store can be used again",
  ],
  [
    "leaves a collection at destroy",
    driver(({ listCollections, destroyCollection }) => ({
      destroy: async () => {
        const { names } = await listCollections({ limit: 2 });
        for (const name of names) await destroyCollection(name);
        return names.length > 0;
      },
    })),
    "destroy removes everything, and the store can be used again",
  ],
  [
    "culls what is alive",
    driver(({ listCollections, listKeys, remove, cull }) => ({
      cull: async () => {
        for (const name of (await listCollections({})).names)
          await remove(name, (await listKeys(name, {})).names.slice(0, 1));
        return cull();
      },
    })),
    "cull reclaims what has expired and leaves the rest",
  ],
  [
    "counts the same entries at every cull",
    driver(({ cull }) => ({
      cull: async () => {
        await cull();
        return 3;
      },
    })),
    "cull reclaims what has expired and leaves the rest",
  ],

  [
    "emulates putIfAbsent with get and put",
    store((good) => ({
      putIfAbsent: async (key, value, options) => {
        if ((await good.get(key, options)) !== null) return false;
        await good.put(key, value, options);
        return true;
      },
    })),
    "exactly one of 50 putIfAbsent writes",
  ],
  [
    "emulates take with get and delete",
    store((good) => ({
      take: async <T>(key: string, options?: object) => {
        const value = await good.get<T>(key, options);
        await good.delete(key, options);
        return value;
      },
    })),
    "exactly one of 50 takers gets the value",
  ],
  [
    "emulates increment with get and put",
    store((good) => ({
      increment: async (key, by = 1, options) => {
        const sum = ((await good.get<number>(key, options)) ?? 0) + by;
        await good.put(key, sum, options);
        return sum;
      },
    })),
    "50 increments at once are all counted",
  ],
  [
    "swaps whatever is there",
    driver(({ read, swap }) => ({
      swap: (collection, key, _, next) => {
        const [current] = read(collection, [key]) as readonly (Entry | undefined)[];
        return swap(collection, key, current?.version, next);
      },
    })),
    "50 increments at once are all counted",
  ],
  [
    "starts versions again after a removal",
    driver((good) => versioned(good, (_, old) => `${Number(old ?? 0) + 1}`)),
    "a version from before a removal and a new write never fits again",
  ],
  [
    "makes versions of values",
    driver((good) => versioned(good, (entry) => JSON.stringify(entry.value))),
    "every write gives an entry another version, also with the same value",
  ],
  [
    "takes an expired entry for one in a swap",
    driver(({ read, swap }) => ({
      swap: async (collection, key, expected, next) => {
        const result = await swap(collection, key, expected, next);
        return result.ok
          ? result
          : {
              ok: false,
              current: (await read(collection, [key]))[0] && { ...result.current, value: 1, expiresAt: undefined },
            };
      },
    })),
    "an expired entry counts as absent for every atomic operation",
  ],
  [
    "loses the TTL in a swap",
    driver(({ swap }) => ({
      swap: (collection, key, expected, next) =>
        swap(collection, key, expected, next && { ...next, expiresAt: undefined }),
    })),
    "update keeps the TTL unless it is given one",
  ],
  [
    "retries for ever",
    store((good) => ({ update: (key, change, options) => good.update(key, change, { ...options, retries: 50 }) })),
    "update gives up with a conflict after as many retries as it may",
  ],
  [
    "loses writes that come at once",
    driver(({ read, write }) => ({
      write: async (collection, items) => {
        const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
        const before = await read(collection, keys);
        await null;
        await write(collection, items);
        await null;
        const kept = keys
          .map((key, i) => [key, before[i]] as const)
          .filter(([key]) => !items.some(([written]) => written === key));
        await write(
          collection,
          kept.filter((pair): pair is readonly [string, Entry] => pair[1] !== undefined),
        );
      },
    })),
    "100 writers at once lose nothing",
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
  [
    "takes a prefix that is no string for none",
    store((good) => ({
      listCollections: ({ prefix, ...page } = {}) =>
        good.listCollections({ ...page, ...(typeof prefix === "string" && { prefix }) }),
    })),
    "listings of collections refuse wrong arguments with a TypeError",
  ],
  [
    "destroys the collection that a number spells",
    store((good) => ({
      destroyCollection: async (options) => good.destroyCollection({ collection: `${String(options?.collection)}` }),
    })),
    "destroyCollection refuses a collection that is no string",
  ],
  [
    "takes numbers for keys of atomic operations",
    store((good) => ({ take: <T>(key: string, options?: object) => good.take<T>(String(key), options) })),
    "atomic operations refuse a wrong key or collection with a TypeError",
  ],
  [
    "answers every destroyCollection with true",
    driver(({ destroyCollection }) => ({
      destroyCollection: async (collection) => {
        await destroyCollection(collection);
        return true;
      },
    })),
    "destroyCollection of a collection that never was is false",
  ],
  [
    "writes an entry again when it is read",
    driver(({ read, write }) => ({
      read: async (collection, keys, how) => {
        const entries = await read(collection, keys, how);
        for (const [i, entry] of entries.entries()) if (entry) await write(collection, [[keys[i] as string, entry]]);
        return entries;
      },
    })),
    "reading changes no version",
  ],
  [
    "shows values that are written half",
    driver(({ write }) => ({
      write: async (collection, items) => {
        await write(
          collection,
          items.map(([key, entry]) => [key, { ...entry, value: ["half"] }]),
        );
        await null;
        await write(collection, items);
      },
    })),
    "reads, writes and deletes at once give whole values or none",
  ],
];
