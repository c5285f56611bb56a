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

describe("memoryStore with maxEntries", () => {
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
