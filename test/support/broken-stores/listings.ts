import { type Broken, driver, type Full, store } from "./make.ts";

/** Stores that list or destroy too much or too little. */
export const listings: readonly Broken[] = [
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
    "answers every destroyCollection with true",
    driver(({ destroyCollection }) => ({
      destroyCollection: async (collection) => {
        await destroyCollection(collection);
        return true;
      },
    })),
    "destroyCollection of a collection that never was is false",
  ],
];
