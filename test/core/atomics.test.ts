/** What atomic operations cost, and what they leave alone; the conformance suite has what they do. */
import { describe, expect, it } from "#test";
import {
  type AnyDriver,
  type AtomicPutOptions,
  createStore,
  type Driver,
  type Entry,
  memoryStore,
  type Store,
  toDriver,
} from "../../src/index.ts";
import { compress } from "../../src/wrappers/compress.ts";
import { encrypt } from "../../src/wrappers/encrypt.ts";
import { prefixKeys } from "../../src/wrappers/prefix-keys.ts";
import { route } from "../../src/wrappers/route.ts";
import { movedClock } from "../support/clock.ts";

const pass = movedClock();

type Atomic = Store<"swap">;

/** A memory store with a record of the calls to its driver, where another writer can come before a swap. */
function counting() {
  const { name, consistency, read, write, remove, swap } = toDriver(memoryStore());
  const calls: string[] = [];
  const fresh: (boolean | undefined)[] = [];
  const rivals: (() => unknown)[] = [];
  const driver: Driver<"swap"> = {
    name,
    consistency,
    read(collection, keys, options) {
      calls.push("read");
      fresh.push(options?.fresh);
      return read(collection, keys, options);
    },
    write(...args) {
      calls.push("write");
      return write(...args);
    },
    remove(...args) {
      calls.push("remove");
      return remove(...args);
    },
    async swap(...args) {
      calls.push("swap");
      await rivals.shift()?.();
      return swap(...args);
    },
  };
  const store = createStore(driver);
  return {
    store,
    driver,
    fresh,
    rivals,
    /** The calls since the last time. */
    calls: () => calls.splice(0),
    /** The driver's own entry, apart from the counts. */
    lying: async (key: string) => (await read("default_collection", [key]))[0],
    put: (key: string, value: number | string, ttl?: number) => {
      const createdAt = Date.now();
      const expiresAt = ttl === undefined ? undefined : createdAt + ttl * 1000;
      return write("default_collection", [[key, { value, createdAt, expiresAt }]]);
    },
    remove: (key: string) => remove("default_collection", [key]),
  };
}

const operations: Record<string, (store: Atomic, options?: AtomicPutOptions) => Promise<unknown>> = {
  putIfAbsent: (store, options) => store.putIfAbsent("k", 9, options),
  take: (store, options) => store.take("k", options),
  update: (store, options) => store.update<number>("k", (old) => (old ?? 0) + 1, options),
  "update that deletes": (store, options) => store.update("k", () => null, options),
  increment: (store, options) => store.increment("k", 1, options),
  touch: (store, options) => store.touch("k", null, options),
};
const READ_SWAP = ["read", "swap"];

describe("an uncontended atomic operation", () => {
  /** The calls on a missing key, on one that is there, and on one that has expired and still lies there. */
  const costs: Record<string, [missing: string[], there: string[], expired: string[]]> = {
    putIfAbsent: [["swap"], ["swap"], ["swap"]],
    touch: [["read"], READ_SWAP, ["read"]],
    take: [["read"], READ_SWAP, ["read"]],
    update: [READ_SWAP, READ_SWAP, READ_SWAP],
    "update that deletes": [["read"], READ_SWAP, ["read"]],
    increment: [READ_SWAP, READ_SWAP, READ_SWAP],
  };
  for (const [name, run] of Object.entries(operations)) {
    const [missing, there, expired] = costs[name] as (typeof costs)[string];

    it(`${name} makes ${missing.length} calls on a missing key and ${there.length} on one that is there`, async () => {
      const { store, calls, put } = counting();
      await run(store);
      expect(calls()).toEqual(missing);
      await put("k", 1);
      await run(store);
      expect(calls()).toEqual(there);
    });

    it(`${name} takes an expired entry that still lies there for absent, and makes ${expired.length} calls`, async () => {
      const { store, calls, put, lying } = counting();
      const answer = await run(store);
      const left = await lying("k");
      calls();
      await put("k", 5, 1);
      pass(2);
      expect(await run(store)).toEqual(answer);
      expect(calls()).toEqual(expired);
      const after = await lying("k");
      expect([after?.value, after?.expiresAt]).toEqual([left?.value, undefined]);
    });
  }

  it("reads past all caches", async () => {
    const { store, fresh } = counting();
    for (const run of Object.values(operations)) await run(store);
    expect(fresh.length).toBe(5);
    expect(fresh.every((asked) => asked === true)).toBe(true);
  });

  it("makes as many calls through wrappers", async () => {
    const key = new Uint8Array(32).fill(7);
    const stacks: ((store: Atomic) => Atomic)[] = [
      (store) => encrypt(store, { keys: [{ id: "a", key }] }),
      (store) => compress(store, { minBytes: 0 }),
      (store) => prefixKeys(store, "a"),
      (store) => route({ elsewhere: memoryStore() }, store),
      (store) => compress(encrypt(prefixKeys(store, "a"), { keys: [{ id: "a", key }] })),
    ];
    for (const stack of stacks) {
      const { store, calls } = counting();
      const wrapped = stack(store);
      expect(await wrapped.putIfAbsent("k", 1)).toBe(true);
      expect(await wrapped.increment("k")).toBe(2);
      expect(await wrapped.update<number>("k", (old) => (old ?? 0) * 5)).toBe(10);
      expect(await wrapped.take("k")).toBe(10);
      expect(calls()).toEqual(["swap", ...READ_SWAP, ...READ_SWAP, ...READ_SWAP]);
    }
  });
});

describe("an atomic operation that meets another writer", () => {
  it("tries again at once after the first conflict, and after a pause and a read for each that follows", async () => {
    for (const conflicts of [1, 2, 5]) {
      for (const [name, run] of Object.entries(operations)) {
        if (name === "putIfAbsent") continue;
        const { store, calls, put, rivals } = counting();
        await put("k", 0);
        for (let i = 1; i <= conflicts; i++) rivals.push(() => put("k", i * 10));
        const answer = await run(store);
        const later = Array.from({ length: conflicts - 1 }, () => READ_SWAP).flat();
        expect([name, ...calls()]).toEqual([name, ...READ_SWAP, "swap", ...later]);
        // It went on from what the last of them has put.
        const last = conflicts * 10;
        const sums = { take: last, update: last + 1, increment: last + 1, "update that deletes": null, touch: true };
        expect(answer).toBe(sums[name as keyof typeof sums]);
      }
    }
  });

  it("gives way at once where putIfAbsent comes second", async () => {
    const { store, calls, put, rivals } = counting();
    rivals.push(() => put("k", 1));
    expect(await store.putIfAbsent("k", 2)).toBe(false);
    expect(calls()).toEqual(["swap"]);
    expect(await store.get("k")).toBe(1);
  });

  it("ends with a conflict when others came first for 30 seconds", async () => {
    for (const [name, run] of Object.entries(operations)) {
      if (name === "putIfAbsent") continue;
      const { store, calls, put, rivals } = counting();
      await put("k", 0);
      for (const seconds of [10, 21, 0, 0]) {
        rivals.push(() => {
          pass(seconds);
          return put("k", seconds);
        });
      }
      const error = await run(store).catch((error: unknown) => error);
      expect(error).toMatchObject({ name: "KeyValueError", code: "conflict", key: "k", store: "memory" });
      expect([name, ...calls()]).toEqual([name, ...READ_SWAP, "swap"]);
    }
  });

  it("ends when its signal says so, also while it waits for another try", async () => {
    for (const [name, run] of Object.entries(operations)) {
      if (name === "putIfAbsent") continue;
      const { store, put, rivals } = counting();
      await put("k", 0);
      for (let i = 0; i < 1000; i++) rivals.push(() => put("k", i));
      const controller = new AbortController();
      setTimeout(() => controller.abort("enough"), 20);
      const error = await run(store, { signal: controller.signal }).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "aborted", key: "k", cause: "enough" });
    }
  });

  it("does nothing when its signal is aborted from the start, however it is made", async () => {
    const signal = AbortSignal.abort("too late");
    for (const run of Object.values(operations)) {
      const { store, calls } = counting();
      const error = await run(store, { signal }).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: "aborted", store: "memory", key: "k", cause: "too late" });
      expect(calls()).toEqual([]);
      const inOneCall = memoryStore();
      await inOneCall.put("k", 1);
      await expect(run(inOneCall, { signal })).rejects.toMatchObject({ code: "aborted" });
      expect(await inOneCall.get("k")).toBe(1);
    }
  });

  it("writes nothing when its signal is aborted while the function of update runs", async () => {
    const { store, calls } = counting();
    const controller = new AbortController();
    const change = async () => {
      controller.abort();
      return 1;
    };
    const error = await store.update("k", change, { signal: controller.signal }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "aborted", key: "k" });
    expect(calls()).toEqual(["read"]);
  });

  it("calls the function of update again with the value that came first", async () => {
    const { store, put, remove, rivals } = counting();
    await put("k", 1);
    rivals.push(
      () => put("k", 2),
      () => remove("k"),
      () => put("k", 4),
    );
    const seen: unknown[] = [];
    const change = (old: number | null) => {
      seen.push(old);
      return 7;
    };
    expect(await store.update<number>("k", change)).toBe(7);
    expect(seen).toEqual([1, 2, null, 4]);
  });

  it("writes nothing where the function of update has no change after a conflict", async () => {
    const { store, calls, put, rivals, lying } = counting();
    await put("k", 1);
    rivals.push(() => put("k", 2));
    expect(await store.update<number>("k", (old) => (old === 1 ? 5 : undefined))).toBe(2);
    expect(calls()).toEqual(READ_SWAP);
    expect((await lying("k"))?.value).toBe(2);
  });
});

describe("an atomic operation that changes nothing", () => {
  it("writes nothing: update that returns undefined, take of what is missing, delete of what is missing", async () => {
    const { store, calls, put, lying } = counting();
    expect(await store.update("k", () => undefined)).toBe(null);
    expect(await store.update("k", () => null)).toBe(null);
    expect(await store.take("k")).toBe(null);
    await put("k", 1, 60);
    const before = await lying("k");
    expect(await store.update("k", () => undefined, { ttl: 9 })).toBe(1);
    expect(await store.update("k", async () => undefined)).toBe(1);
    expect(await lying("k")).toBe(before);
    expect(calls()).toEqual(Array(5).fill("read"));
  });

  it("writes nothing where the value is no number, and where the function throws", async () => {
    const { store, calls, put, lying } = counting();
    await put("k", "text");
    const before = await lying("k");
    await expect(store.increment("k")).rejects.toMatchObject({ code: "not_a_number", key: "k" });
    const own = new Error("the caller's own");
    const failing = () => {
      throw own;
    };
    expect(await store.update("k", failing).catch((error: unknown) => error)).toBe(own);
    expect(calls()).toEqual(["read", "read"]);
    expect(await lying("k")).toBe(before);
  });

  it("asks the backend nothing where an argument is wrong", async () => {
    const { store, calls } = counting();
    await expect(store.increment("k", Number.NaN)).rejects.toBeInstanceOf(TypeError);
    await expect(store.increment("k", 1, { signal: 1 as never })).rejects.toBeInstanceOf(TypeError);
    await expect(store.update("k", 1 as never)).rejects.toBeInstanceOf(TypeError);
    await expect(store.touch("k", -1)).rejects.toMatchObject({ code: "invalid_ttl" });
    await expect(store.putIfAbsent("k", new Date())).rejects.toMatchObject({ code: "not_serializable" });
    await expect(store.update("k", () => 1, { ttl: 0 })).rejects.toMatchObject({ code: "invalid_ttl" });
    await expect(store.take(1 as never)).rejects.toBeInstanceOf(TypeError);
    expect(calls()).toEqual([]);
  });
});

describe("the times of an entry", () => {
  const times = (entry: Entry | undefined) => [entry?.createdAt, entry?.expiresAt];

  it("are kept by update and increment", async () => {
    const { store, put, lying } = counting();
    await put("k", 1, 600);
    const before = times(await lying("k"));
    pass(10);
    await store.increment("k", 1, { ttl: 9000 });
    await store.update<number>("k", (old) => (old ?? 0) + 1);
    const after = await lying("k");
    expect(after?.value).toBe(3);
    expect(times(after)).toEqual(before);
  });

  it("are kept but for the deadline where update has a TTL", async () => {
    const { store, put, lying } = counting();
    await put("k", 1, 600);
    const [createdAt, expiresAt] = times(await lying("k")) as [number, number];
    pass(10);
    await store.update("k", () => 2, { ttl: 1200 });
    const after = times(await lying("k")) as [number, number];
    expect(after[0]).toBe(createdAt);
    expect(after[1] - expiresAt >= 609_000 && after[1] - expiresAt < 670_000).toBe(true);
  });

  it("are those of the entry that came first, after a conflict", async () => {
    const { store, put, rivals, lying } = counting();
    await put("k", 1, 600);
    let rival: Entry | undefined;
    rivals.push(async () => {
      pass(5);
      await put("k", 10, 50);
      rival = await lying("k");
    });
    expect(await store.increment("k")).toBe(11);
    expect(times(await lying("k"))).toEqual(times(rival));
  });

  it("are new where the entry had expired", async () => {
    const { store, put, lying } = counting();
    for (const [name, run] of Object.entries(operations)) {
      if (["take", "update that deletes", "touch"].includes(name)) continue;
      await put("k", 1, 1);
      pass(2);
      const from = Date.now();
      await run(store, { ttl: 60 });
      const [createdAt, expiresAt] = times(await lying("k")) as [number, number];
      expect([name, createdAt >= from, expiresAt >= from + 60_000]).toEqual([name, true, true]);
    }
  });
});

describe("a store without swap", () => {
  it("has no atomic operations, whatever is wrapped around it", () => {
    const { swap: _, ...driver } = toDriver(memoryStore()) as AnyDriver;
    const store = createStore(driver);
    const names = [
      ...["putIfAbsent", "take", "update", "increment"],
      ...["touch", "getWithVersion", "putIfVersion", "deleteIfVersion"],
    ];
    for (const one of [store, prefixKeys(store, "a"), compress(store), compress(prefixKeys(store, "a"))]) {
      expect(names.filter((name) => name in one)).toEqual([]);
    }
  });
});
