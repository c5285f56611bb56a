/** Callers of one process that change the same entry at the same time. */
import { describe, expect, it } from "#test";
import { type AnyDriver, combineChanges, createStore, type Driver, memoryStore, toDriver } from "../../src/index.ts";
import { onWorkers } from "../support/runtime.ts";

/** A store that is some milliseconds away and can only swap, with the number of calls to it. */
function distant(milliseconds = 1) {
  const { read, write, remove, swap } = toDriver(memoryStore()) as AnyDriver & Driver<"swap">;
  const counts = { calls: 0 };
  const far = async <R>(call: () => R): Promise<Awaited<R>> => {
    counts.calls++;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return await call();
  };
  const driver: Driver<"swap"> = {
    name: "distant",
    consistency: "strong",
    read: (...args) => far(() => read(...args)),
    write: (...args) => far(() => write(...args)),
    remove: (...args) => far(() => remove(...args)),
    swap: (...args) => far(() => swap(...args)),
    modify: combineChanges,
  };
  return { store: createStore(driver), counts };
}

describe("changes of one entry at the same time", () => {
  it("succeed 400 at once also where a call takes long, each with a result of its own", async () => {
    // On Workers each change is made alone, and workerd takes over 2 ms for a timer: 400 callers are in the tests of contention.
    const callers = onWorkers ? 100 : 400;
    const { store, counts } = distant(onWorkers ? 1 : 75);
    const results = await Promise.all(
      Array.from({ length: callers }, () => store.update<number>("n", (n) => (n ?? 0) + 1)),
    );
    expect([...results].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(Array.from({ length: callers }, (_, i) => i + 1));
    expect(await store.get("n")).toBe(callers);
    if (!onWorkers) expect(counts.calls).toBe(3);
  });

  it("do not wait for a caller whose function never ends", async () => {
    const { store } = distant();
    void store.update("k", () => new Promise<never>(() => {}));
    const results = await Promise.all([store.update("k", () => 1), store.increment("k", 1)]);
    expect(results).toEqual([1, 2]);
  });

  it("may change the same entry again inside of a function", async () => {
    const { store } = distant();
    let outer = 0;
    const result = await store.update<number>("k", async (old) => {
      if (outer++ === 0) await store.update<number>("k", (inner) => (inner ?? 0) + 10);
      return (old ?? 0) + 1;
    });
    expect([result, outer]).toEqual([11, 2]);
  });

  it("fail for the caller whose function throws, and for no other", async () => {
    const { store } = distant();
    const own = new Error("the caller's own");
    const failing = store.update("k", () => {
      throw own;
    });
    const others = Promise.all([store.update<number>("k", (n) => (n ?? 0) + 1), store.increment("k")]);
    expect(await failing.catch((error) => error)).toBe(own);
    expect(await others).toEqual([1, 2]);
  });

  it("all fail when the backend does, and the next ones are made again", async () => {
    const { swap, ...rest } = toDriver(memoryStore()) as AnyDriver & Driver<"swap">;
    let down = true;
    const store = createStore({
      ...rest,
      operations: undefined,
      apply: undefined,
      modify: combineChanges,
      swap: (...args: Parameters<typeof swap>) => (down ? Promise.reject(new Error("down")) : swap(...args)),
    } as Driver<"swap">);
    const failures = await Promise.allSettled([store.increment("k"), store.update("k", () => 5)]);
    expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    down = false;
    expect(await store.increment("k")).toBe(1);
  });

  it("set and keep deadlines as they would one after the other", async () => {
    const { store } = distant();
    await store.put("k", 0, { ttl: 600 });
    await Promise.all([
      store.update<number>("k", (n) => (n ?? 0) + 1),
      store.update<number>("k", (n) => (n ?? 0) + 1, { ttl: 6000 }),
      store.update<number>("k", (n) => (n ?? 0) + 1),
      store.increment("k", 1, { ttl: 5 }),
    ]);
    const found = await store.ttl("k");
    expect(found?.value).toBe(4);
    expect((found?.ttl ?? 0) > 5900).toBe(true);
  });

  it("end for the caller whose signal is aborted, and for no other", async () => {
    const { store } = distant(20);
    const controller = new AbortController();
    const first = store.update("k", () => 1, { signal: controller.signal }).catch((error) => error.code);
    const second = store.update("k", () => 2);
    controller.abort();
    expect([await first, await second]).toEqual(["aborted", 2]);
  });

  it("are not made for a caller whose signal is aborted before their turn", async () => {
    const { store } = distant(20);
    const controller = new AbortController();
    const made: string[] = [];
    const note = (name: string) => () => {
      made.push(name);
      return name;
    };
    const first = store.update("k", note("first"));
    // Comes while the first is under way, and is aborted before that is done.
    const waiting = new Promise((resolve) => setTimeout(resolve, 5)).then(() => {
      const second = store.update("k", note("second"), { signal: controller.signal }).catch((error) => error.code);
      controller.abort();
      return second;
    });
    expect([await first, await waiting]).toEqual(["first", "aborted"]);
    expect(await store.update("k", note("third"))).toBe("third");
    expect(made).toEqual(["first", "third"]);
  });
});
