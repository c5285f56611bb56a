// What `bench/memory.mjs` compares. Each candidate is loaded in a process of its own.

/** Functions that make a candidate: `get`, `put` and `getMany`. The first one is the baseline. */
export const candidates = {
  async "Map of JSON"() {
    const texts = new Map();
    const parsed = (text) => (text === undefined ? null : JSON.parse(text));
    return {
      get: async (key) => parsed(texts.get(key)),
      put: async (key, value) => void texts.set(key, JSON.stringify(value)),
      getMany: async (keys) => keys.map((key) => parsed(texts.get(key))),
    };
  },
  /** The least that a store of copies can do: it checks nothing, and knows no deadlines, collections or versions. */
  async "Map of copies"() {
    const values = new Map();
    const copyOf = (value) => {
      if (typeof value !== "object" || value === null) return value;
      if (Array.isArray(value)) return value.map(copyOf);
      const copy = { ...value };
      for (const name in copy) copy[name] = copyOf(copy[name]);
      return copy;
    };
    const found = (key) => copyOf(values.get(key) ?? null);
    return {
      get: async (key) => found(key),
      put: async (key, value) => void values.set(key, copyOf(value)),
      getMany: async (keys) => keys.map(found),
    };
  },
  async memoryStore() {
    const { memoryStore } = await import("../src/index.ts");
    return memoryStore();
  },
  async keyv() {
    const { default: Keyv } = await import("keyv");
    const keyv = new Keyv();
    return {
      get: (key) => keyv.get(key),
      put: (key, value) => keyv.set(key, value),
      getMany: (keys) => keyv.getMany(keys),
    };
  },
  async unstorage() {
    const { createStorage } = await import("unstorage");
    const storage = createStorage();
    return {
      get: (key) => storage.getItem(key),
      put: (key, value) => storage.setItem(key, value),
      getMany: async (keys) => (await storage.getItems(keys)).map(({ value }) => value),
    };
  },
  async "cache-manager"() {
    const { createCache } = await import("cache-manager");
    const cache = createCache();
    return {
      get: (key) => cache.get(key),
      put: (key, value) => cache.set(key, value),
      getMany: (keys) => cache.mget(keys),
    };
  },
  async bentocache() {
    const { BentoCache, bentostore } = await import("bentocache");
    const { memoryDriver } = await import("bentocache/drivers/memory");
    const memory = bentostore().useL1Layer(memoryDriver({ maxItems: 20_000 }));
    const bento = new BentoCache({ default: "memory", stores: { memory } });
    return {
      get: (key) => bento.get({ key }),
      put: (key, value) => bento.set({ key, value }),
      getMany: (keys) => Promise.all(keys.map((key) => bento.get({ key }))),
    };
  },
};
