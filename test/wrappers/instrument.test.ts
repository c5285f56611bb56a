import { describe, expect, it } from "#test";
import { type AnyDriver, createStore, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { type InstrumentedCall, instrument, type Outcome } from "../../src/wrappers/instrument.ts";

const SECRET = "hunter2";

function recording() {
  const seen: { operation: InstrumentedCall; outcome: Outcome }[] = [];
  return {
    seen,
    async onOperation(operation: InstrumentedCall, run: () => Promise<Outcome>) {
      seen.push({ operation, outcome: await run() });
    },
  };
}

describe("instrument", () => {
  it("shows each call and how it ended", async () => {
    const { seen, onOperation } = recording();
    const store = instrument(memoryStore(), { onOperation });
    await store.put("a", 1, { collection: "users" });
    await store.getMany(["a", "b"], { collection: "users" });
    await store.take("a", { collection: "users" });
    await store.cull();
    expect(seen.map(({ operation }) => operation)).toMatchObject([
      { store: "memory", operation: "write", collection: "users", keys: ["a"] },
      { store: "memory", operation: "read", collection: "users", keys: ["a", "b"] },
      { store: "memory", operation: "take", collection: "users", keys: ["a"] },
      { store: "memory", operation: "cull" },
    ]);
    expect(seen[1]?.outcome).toMatchObject({ hits: 1, misses: 1 });
    expect(seen.every(({ outcome }) => outcome.durationMs >= 0 && !("error" in outcome))).toBe(true);
  });

  it("shows no value", async () => {
    const { seen, onOperation } = recording();
    const store = instrument(memoryStore(), { onOperation });
    await store.put("a", SECRET);
    await store.get("a");
    await store.update("a", () => SECRET);
    expect(seen.length).toBe(4);
    expect(JSON.stringify(seen)).not.toContain(SECRET);
  });

  it("tells the failure, whose reason the caller gets", async () => {
    const failure = new KeyValueError("overloaded", "too much");
    for (const read of [
      () => Promise.reject(failure),
      () => {
        throw failure;
      },
    ]) {
      const { seen, onOperation } = recording();
      const store = instrument(createStore({ ...(toDriver(memoryStore()) as AnyDriver), read }), { onOperation });
      expect(await store.get("a").catch((error) => error)).toBe(failure);
      expect(seen[0]?.outcome.error).toBe(failure);
    }
  });

  it("makes the call once, also when run is called again or not at all", async () => {
    for (const times of [0, 1, 2]) {
      const base = memoryStore();
      const store = instrument(base, {
        async onOperation(_, run) {
          await Promise.all(Array.from({ length: times }, run));
        },
      });
      expect(await store.increment("n")).toBe(1);
      expect(await base.get("n")).toBe(1);
    }
  });

  it("returns the result of the backend when the observer throws or rejects, before the call or after it", async () => {
    const fail = (_?: unknown): never => {
      throw new RangeError("bug");
    };
    for (const onOperation of [
      () => fail(),
      async () => fail(),
      (_: unknown, run: () => unknown) => fail(run()),
      async (_: unknown, run: () => unknown) => fail(await run()),
    ]) {
      const base = memoryStore();
      const store = instrument(base, { onOperation });
      expect(await store.increment("n")).toBe(1);
      expect(await base.get("n")).toBe(1);
    }
  });

  it("passes on the failure of the backend when the observer fails as well", async () => {
    const failure = new KeyValueError("overloaded", "too much");
    const read = () => Promise.reject(failure);
    const store = instrument(createStore({ ...(toDriver(memoryStore()) as AnyDriver), read }), {
      async onOperation(_, run) {
        await run();
        throw new RangeError("bug");
      },
    });
    expect(await store.get("a").catch((error) => error)).toBe(failure);
  });

  it("says once on the console that the observer failed", async () => {
    const { warn } = console;
    const warned: unknown[][] = [];
    console.warn = (...words: unknown[]) => warned.push(words);
    const bug = new RangeError("bug");
    try {
      const store = instrument(memoryStore(), { onOperation: () => Promise.reject(bug) });
      await store.get("a");
      await store.get("a");
    } finally {
      console.warn = warn;
    }
    expect(warned).toEqual([["edge-key-value: an observer of the store failed.", bug]]);
  });

  it("returns the right values when the observer changes the list of keys", async () => {
    const base = memoryStore();
    await base.putMany([
      ["b", 2],
      ["a", 1],
    ]);
    const store = instrument(base, {
      onOperation({ keys }) {
        (keys as string[]).sort();
      },
    });
    expect(await store.getMany(["b", "a"])).toEqual([2, 1]);
  });

  it("refuses an observer that is no function", () => {
    expect(() => instrument(memoryStore(), {} as { onOperation(): void })).toThrow(TypeError);
  });
});
