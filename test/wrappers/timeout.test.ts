import { describe, expect, it } from "#test";
import { type AnyDriver, createStore, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { chaos } from "../support/chaos.ts";
import { withTimers } from "../support/own-timers.mjs";

describe("timeout", () => {
  it("ends every kind of call that gets no answer, with code timeout and the address", async () => {
    const { driver, stop } = chaos(toDriver(memoryStore()), { hang: 1 });
    const store = timeout(createStore(driver), { seconds: 0.01 });
    const at = { collection: "c" };
    const calls: Record<string, () => Promise<unknown>> = {
      get: () => store.get("k", at),
      getMany: () => store.getMany(["k"], at),
      ttl: () => store.ttl("k", at),
      ttlMany: () => store.ttlMany(["k"], at),
      put: () => store.put("k", 1, at),
      putMany: () => store.putMany([["k", 1]], at),
      delete: () => store.delete("k", at),
      deleteMany: () => store.deleteMany(["k"], at),
      take: () => store.take("k", at),
      putIfAbsent: () => store.putIfAbsent("k", 1, at),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await failureOf(call());
      const { code, collection, key } = error;
      expect([name, error.name, code, collection, key, error.store]).toEqual([
        name,
        "KeyValueError",
        "timeout",
        "c",
        "k",
        "memory",
      ]);
    }
    const others = [
      () => store.listKeys(),
      () => store.keys().next(),
      () => store.listCollections(),
      () => store.destroyCollection(),
      () => store.destroy(),
      () => store.cull(),
    ];
    for (const call of others) await expect(call()).rejects.toMatchObject({ code: "timeout" });
    stop();
  });

  it("hands on answers and failures that come in time", async () => {
    const mistake = new KeyValueError("too_large", "too large");
    const { driver } = chaos(toDriver(memoryStore()), { plan: ["late", "late", "fail"], error: () => mistake });
    const store = timeout(createStore(driver), { seconds: 5 });
    await store.put("a", 1);
    expect(await store.get("a")).toBe(1);
    expect(await store.get("a").catch((error) => error)).toBe(mistake);
  });

  it("leaves no timer behind, neither after an answer, nor a failure, nor a throw", async () => {
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    const running = new Set<unknown>();
    let started = 0;
    const fakes = {
      setTimeout(body: () => void, ms: number) {
        started++;
        const timer = set(body, ms);
        running.add(timer);
        return timer;
      },
      clearTimeout(timer: ReturnType<typeof setTimeout>) {
        running.delete(timer);
        clear(timer);
      },
    };
    await withTimers(fakes, async () => {
      const answers: (() => unknown)[] = [
        async () => [undefined],
        () => Promise.reject(new Error("failed")),
        () => {
          throw new Error("threw");
        },
        () => [undefined],
      ];
      const base = toDriver(memoryStore()) as AnyDriver;
      const read = () => answers.shift()?.() as never;
      const store = timeout(createStore({ ...base, read } as AnyDriver));
      expect(await store.get("a")).toBe(null);
      await expect(store.get("a")).rejects.toThrow("failed");
      await expect(store.get("a")).rejects.toThrow("threw");
      expect(await store.get("a")).toBe(null);
      expect(running.size).toBe(0);
      expect(started).toBe(2);
    });
  });

  it("waits five seconds unless told otherwise", async () => {
    const { setTimeout: real } = globalThis;
    const delays: number[] = [];
    const { driver, stop } = chaos(toDriver(memoryStore()), { hang: 1 });
    const store = timeout(createStore(driver));
    const fake = (body: () => void, ms: number) => {
      delays.push(ms);
      return real(body, 0);
    };
    const { message } = await withTimers({ setTimeout: fake }, () => failureOf(store.get("a")));
    stop();
    expect(message).toContain("5 seconds");
    expect(delays).toEqual([5000]);
  });

  it("drops a late failure, which nobody is left to hear of", async () => {
    let fail = (_: unknown) => {};
    const read = () => new Promise<never>((_, reject) => (fail = reject));
    const store = timeout(createStore({ ...toDriver(memoryStore()), read }), { seconds: 0.005 });
    await expect(store.get("a")).rejects.toMatchObject({ code: "timeout" });
    // An unhandled rejection fails the run in every one of the runtimes.
    fail(new Error("late"));
    await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it("also ends the calls of other people's stores", async () => {
    const store = timeout({ ...memoryStore(), get: () => new Promise<never>(() => {}) }, { seconds: 0.005 });
    await expect(store.get("a")).rejects.toMatchObject({ code: "timeout" });
  });

  it("refuses what is no time that a timer can wait", () => {
    for (const seconds of [-1, NaN, Infinity, 3e6, "5" as unknown as number]) {
      expect(() => timeout(memoryStore(), { seconds })).toThrow(TypeError);
    }
  });
});

function failureOf(call: Promise<unknown>): Promise<KeyValueError> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error) => error,
  );
}
