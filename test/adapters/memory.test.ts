import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";

const a = { collection: "a" };
const b = { collection: "b" };

/** The keys of a collection that are there, without using any of them. */
async function keysOf(store: ReturnType<typeof memoryStore>, at = {}): Promise<string> {
  return (await store.listKeys(at)).names.join(" ");
}

/** Runs on a clock that only the test moves, by milliseconds. */
async function withClock(body: (advance: (by: number) => void) => Promise<void>): Promise<void> {
  const real = Date.now;
  let now = real();
  Date.now = () => now;
  try {
    await body((by) => {
      now += by;
    });
  } finally {
    Date.now = real;
  }
}

describe("memoryStore", () => {
  it("answers with a copy of what was put", async () => {
    const store = memoryStore();
    const user = { name: "Alice", tags: ["a"] };
    await store.put("user:123", user, { collection: "users", ttl: 3600 });
    user.tags.push("b");
    expect(await store.get("user:123", { collection: "users" })).toEqual({ name: "Alice", tags: ["a"] });
    expect(await store.get("user:123")).toBe(null);
  });

  it("is one store an object: two know nothing of each other", async () => {
    const [one, two] = [memoryStore(), memoryStore()];
    await one.put("k", 1);
    expect(await two.get("k")).toBe(null);
  });

  it("uses the default collection that it is given", async () => {
    const store = memoryStore({ defaultCollection: "mine" });
    expect(store.defaultCollection).toBe("mine");
    await store.put("k", 1);
    expect(await store.get("k", { collection: "mine" })).toBe(1);
    expect((await store.listCollections()).names).toEqual(["mine"]);
  });

  it("expires an entry exactly at its deadline", () =>
    withClock(async (advance) => {
      const store = memoryStore();
      await store.put("k", 1, { ttl: 1.5 });
      advance(1499);
      expect(await store.ttl("k")).toEqual({ value: 1, ttl: 0.001 });
      advance(1);
      expect(await store.ttl("k")).toBe(null);
    }));

  it("says of no entry that it has 0 seconds left, also when the clock goes on while it looks", async () => {
    const store = memoryStore();
    const { now } = Date;
    let time = now();
    try {
      Date.now = () => time;
      await store.put("k", 1, { ttl: 1 });
      time += 997;
      Date.now = () => time++;
      // Two looks say that it is there; the third, at the deadline, measures what is left.
      expect(await store.ttl("k")).toEqual({ value: 1, ttl: 0.001 });
      expect(await store.ttl("k")).toBe(null);
    } finally {
      Date.now = now;
    }
  });

  it("culls exactly what has expired", () =>
    withClock(async (advance) => {
      const store = memoryStore();
      await store.putMany(
        [
          ["x", 1],
          ["y", 1],
        ],
        { ...a, ttl: 1 },
      );
      await store.put("x", 1, { ...b, ttl: 2 });
      await store.put("y", 1, b);
      expect(await store.cull()).toBe(0);
      advance(1000);
      expect(await store.cull()).toBe(2);
      advance(1000);
      expect([await store.cull(), await store.cull()]).toEqual([1, 0]);
      expect(await keysOf(store, b)).toBe("y");
    }));

  it("needs no timer, and nothing random", async () => {
    const names = ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"] as const;
    const real = Object.fromEntries(names.map((name) => [name, Reflect.get(globalThis, name)]));
    const used: string[] = [];
    const random = Math.random;
    try {
      for (const name of names) Reflect.set(globalThis, name, () => used.push(name));
      Math.random = () => used.push("Math.random");
      const store = memoryStore({ maxEntries: 10 });
      await store.putMany(
        Array.from({ length: 20 }, (_, i) => [`${i}`, i]),
        { ttl: 0.001 },
      );
      await store.getMany(["1", "19"]);
      await store.increment("n", 1, { ttl: 1 });
      await store.cull();
    } finally {
      Object.assign(globalThis, real);
      Math.random = random;
    }
    expect(used).toEqual([]);
  });

  it("stays small when short-lived entries are only ever written", () =>
    withClock(async (advance) => {
      const store = memoryStore();
      for (let i = 0; i < 30_000; i++) {
        await store.put(`session ${i}`, i, { collection: `tenant ${i % 100}`, ttl: 0.5 });
        advance(1);
      }
      advance(1000);
      // What cull finds is what was still held: at most about 500 were alive at any time.
      const held = await store.cull();
      expect(held < 3000).toBe(true);
      expect((await store.listCollections()).names).toEqual([]);
    }));
});

describe("memoryStore with many entries", () => {
  it("removes two expired entries in a write, never all of them at once", () =>
    withClock(async (advance) => {
      const store = memoryStore();
      for (let i = 0; i < 5000; i++) await store.put(`${i}`, i, { ttl: 1 + (i % 7) });
      advance(10_000);
      await store.put("k", 1);
      expect(await store.cull()).toBe(4998);
    }));

  it("keeps exactly what is alive, in whatever order deadlines come, move and go", () =>
    withClock(async (advance) => {
      const store = memoryStore();
      const deadlines = new Map<string, number>();
      let now = 0;
      for (let i = 0; i < 4000; i++) {
        const key = `${(i * 7919) % 500}`;
        const ttl = ((i * 104729) % 997) + 1;
        if (i % 11 === 0) {
          await store.delete(key);
          deadlines.delete(key);
        } else {
          await store.put(key, i, { ttl });
          deadlines.set(key, now + ttl);
        }
        advance(1000);
        now++;
      }
      await store.cull();
      const alive = [...deadlines].filter(([, deadline]) => deadline > now).map(([key]) => key);
      expect((await store.listKeys()).names).toEqual(alive.sort());
      for (; now < 5000; now++) advance(1000);
      expect([await store.cull(), await store.cull()]).toEqual([alive.length, 0]);
      expect((await store.listCollections()).names).toEqual([]);
    }));

  it("lists a thousand names a page where no limit is given", async () => {
    const store = memoryStore();
    const keys = Array.from({ length: 2500 }, (_, i) => `${i}`).sort();
    for (const key of keys) await store.put(key, 1, { collection: key });
    await store.putMany(keys.map((key) => [key, 1]));
    expect((await store.listKeys()).names).toEqual(keys.slice(0, 1000));
    expect((await store.listCollections()).names).toEqual(keys.slice(0, 1000));
    const found: string[] = [];
    for await (const key of store.keys()) found.push(key);
    expect(found).toEqual(keys);
  });
});

describe("memoryStore with maxBytes", () => {
  /** The bytes of `["default_collection","1",""]`. */
  const EMPTY = 29;

  it("drops expired entries, then the least recently used ones, until all fits", () =>
    withClock(async (advance) => {
      const store = memoryStore({ maxBytes: 3 * (EMPTY + 10) });
      const text = "x".repeat(10);
      await store.put("1", text);
      await store.put("2", text, { ttl: 1 });
      await store.put("3", text);
      await store.get("1");
      advance(1000);
      await store.put("4", text);
      expect(await keysOf(store)).toBe("1 3 4");
      await store.put("5", text);
      expect(await keysOf(store)).toBe("1 4 5");
      await store.put("6", "x".repeat(10 + EMPTY + 10));
      expect(await keysOf(store)).toBe("5 6");
      await store.put("6", "");
      await store.put("7", text);
      expect(await keysOf(store)).toBe("5 6 7");
      await store.deleteMany(["5", "6"]);
      await store.put("8", "x".repeat(10 + EMPTY + 10));
      expect(await keysOf(store)).toBe("7 8");
    }));

  it("counts characters as UTF-8 bytes", async () => {
    const store = memoryStore({ maxBytes: EMPTY + 4 });
    await store.put("1", "\u{1f600}");
    await expect(store.put("1", "\u{1f600}x")).rejects.toMatchObject({ code: "too_large", size: 34, limit: 33 });
    expect(await store.get("1")).toBe("\u{1f600}");
  });

  it("writes nothing of a bulk with an entry that is too large", async () => {
    const store = memoryStore({ maxBytes: 50 });
    const bulk = store.putMany([
      ["1", 1],
      ["2", "x".repeat(50)],
    ]);
    await expect(bulk).rejects.toMatchObject({ code: "too_large", key: "2" });
    await expect(store.update("1", () => "x".repeat(50))).rejects.toMatchObject({ code: "too_large" });
    expect(await keysOf(store)).toBe("");
  });

  it("counts what operations leave", async () => {
    const store = memoryStore({ maxBytes: 2 * EMPTY });
    await store.put("1", "");
    await store.put("2", "");
    await store.take("1");
    await store.increment("3");
    expect(await keysOf(store)).toBe("2 3");
    await store.increment("3", 1e9);
    expect(await keysOf(store)).toBe("3");
  });

  it("takes whole numbers from 1 on", () => {
    for (const maxBytes of [0, 1.5, Number.NaN, "5" as unknown as number]) {
      expect(() => memoryStore({ maxBytes })).toThrow(TypeError);
    }
  });
});

describe("memoryStore with maxEntries", () => {
  it("drops expired entries before live ones", () =>
    withClock(async (advance) => {
      const store = memoryStore({ maxEntries: 4 });
      await store.put("old", 1);
      await store.put("minute", 1, { ttl: 60 });
      await store.put("hour", 1, { ttl: 3600 });
      await store.put("second", 1, { ttl: 1 });
      await store.get("second");
      advance(1000);
      await store.put("new", 1);
      expect(await keysOf(store)).toBe("hour minute new old");
      advance(59_000);
      await store.put("newer", 1);
      expect(await keysOf(store)).toBe("hour new newer old");
      await store.put("newest", 1);
      expect(await keysOf(store)).toBe("hour new newer newest");
    }));

  it("drops the entry that was put first", async () => {
    const store = memoryStore({ maxEntries: 3 });
    for (const key of ["1", "2", "3", "4"]) await store.put(key, key);
    expect(await keysOf(store)).toBe("2 3 4");
    await store.putMany(["5", "6", "7", "8", "9"].map((key) => [key, key]));
    expect(await keysOf(store)).toBe("7 8 9");
  });

  it("counts over all collections", async () => {
    const store = memoryStore({ maxEntries: 3 });
    await store.put("1", 1, a);
    await store.put("1", 1, b);
    await store.put("2", 1, a);
    await store.put("2", 1, b);
    expect([await keysOf(store, a), await keysOf(store, b)]).toEqual(["2", "1 2"]);
    await store.put("3", 1, b);
    await store.put("4", 1, b);
    expect([await keysOf(store, a), await keysOf(store, b)]).toEqual(["", "2 3 4"]);
    expect((await store.listCollections()).names).toEqual(["b"]);
  });

  it("takes every way of reading and writing for a use", async () => {
    const uses: ((store: ReturnType<typeof memoryStore>) => Promise<unknown>)[] = [
      (store) => store.get("1"),
      (store) => store.getMany(["1"]),
      (store) => store.getMany(["missing", "1"]),
      (store) => store.ttl("1"),
      (store) => store.ttlMany(["1"]),
      (store) => store.put("1", 2),
      (store) => store.putMany([["1", 2]]),
      (store) => store.putIfAbsent("1", 2),
      (store) => store.increment("1"),
      (store) => store.update("1", () => undefined),
    ];
    for (const use of uses) {
      const store = memoryStore({ maxEntries: 2 });
      await store.put("1", 1);
      await store.put("2", 2);
      await use(store);
      await store.put("3", 3);
      expect(await keysOf(store)).toBe("1 3");
    }
  });

  it("drops nothing for a key that is there or was deleted", async () => {
    const store = memoryStore({ maxEntries: 2 });
    await store.put("1", 1);
    await store.put("2", 2);
    await store.put("2", 3);
    expect(await keysOf(store)).toBe("1 2");
    await store.delete("1");
    await store.put("3", 3);
    expect(await keysOf(store)).toBe("2 3");
    await store.take("2");
    await store.put("4", 4);
    expect(await keysOf(store)).toBe("3 4");
    await store.destroy();
    await store.putMany([
      ["5", 5],
      ["6", 6],
    ]);
    expect(await keysOf(store)).toBe("5 6");
  });

  it("drops in the right order after it has been empty", async () => {
    const store = memoryStore({ maxEntries: 2 });
    for (const round of ["1", "2"]) {
      for (const key of ["a", "b", "c"]) await store.put(key, round);
      await store.get("b");
      await store.put("d", round);
      expect(await keysOf(store)).toBe("b d");
      await store.destroy();
    }
  });

  it("does not let a version that it dropped fit again", async () => {
    const store = memoryStore({ maxEntries: 1 });
    await store.put("k", 1);
    const seen: unknown[] = [];
    await store.update("k", async (old) => {
      seen.push(old);
      if (seen.length === 1) {
        await store.put("other", 1);
        await store.put("k", 1);
      }
      return 2;
    });
    expect(seen).toEqual([1, 1]);
  });

  it("takes whole numbers from 1 on", () => {
    for (const maxEntries of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number]) {
      expect(() => memoryStore({ maxEntries })).toThrow(TypeError);
    }
  });
});
