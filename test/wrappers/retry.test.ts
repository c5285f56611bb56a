import { describe, expect, it } from "#test";
import { type AnyDriver, createStore, type ErrorCode, KeyValueError, memoryStore, toDriver } from "../../src/index.ts";
import { type RetryOptions, retry } from "../../src/wrappers/retry.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import { type ChaosOptions, chaos } from "../support/chaos.ts";
import { withTimers } from "../support/own-timers.mjs";
import { withoutOperations } from "../support/stores.ts";

/** A store that retries at once over one that suffers faults. */
function over(faults: ChaosOptions, options: RetryOptions = {}, change: Partial<AnyDriver> = {}) {
  const base = memoryStore();
  const { driver, calls } = chaos({ ...toDriver(withoutOperations(base)), ...change }, faults);
  return { base, calls, store: retry(createStore(driver), { minDelay: 0, maxDelay: 0, ...options }) };
}

const failing =
  (code: ErrorCode, details = {}) =>
  () =>
    new KeyValueError(code, "failed", details);

describe("retry", () => {
  it("tries three times more, and answers as if nothing had happened", async () => {
    const { store, base, calls } = over({ plan: ["fail", "fail", "lost"] });
    await store.put("a", 1);
    expect(calls.length).toBe(4);
    expect(await base.get("a")).toBe(1);
  });

  it("says why it gave up and after how many retries, and passes on the failure of a call that it did not repeat", async () => {
    const messageOf = async (options: RetryOptions, details = {}) => {
      const { store } = over({ fail: 1, error: failing("unavailable", details) }, options);
      return (await failureOf(store.get("a"))).message;
    };
    expect(await messageOf({ retries: 2 })).toBe("failed (gave up after 2 retries)");
    expect(await messageOf({ retries: 1 })).toBe("failed (gave up after 1 retry)");
    expect(await messageOf({ retries: 0 })).toBe("failed");
    expect(await messageOf({}, { retryAfter: 60 })).toBe("failed");
    const secret = over({ fail: 1, error: () => new Error("hunter2") }, { when: () => true, retries: 1 });
    expect((await failureOf(secret.store.get("a"))).message).toBe("gave up after 1 retry");
  });

  it("gives up with the same code and the last error as the cause", async () => {
    const { store, calls } = over({ fail: 1, error: (_, call) => new KeyValueError("timeout", `call ${call}`) });
    const error = await failureOf(store.get("a", { collection: "c" }));
    expect(calls.length).toBe(4);
    expect([error.name, error.code, error.collection, error.key, error.store]).toEqual([
      "KeyValueError",
      "timeout",
      "c",
      "a",
      "memory",
    ]);
    expect(error.cause.message).toBe("call 3");
  });

  it("gives up with a code of this library, whatever code another one's error has", async () => {
    const problem = Object.assign(new Error("reset"), { code: "ECONNRESET", retryAfter: "soon", failed: 5 });
    const { store, calls } = over({ fail: 1, error: () => problem }, { when: () => true });
    const error = await failureOf(store.get("a"));
    expect([calls.length, error.code, error.retryAfter, error.failed]).toEqual([4, "backend", undefined, undefined]);
    expect(error.cause).toBe(problem);
  });

  it("counts retries, not attempts", async () => {
    const { store, calls } = over({ fail: 1 }, { retries: 0 });
    await expect(store.get("a")).rejects.toMatchObject({ code: "unavailable" });
    expect(calls.length).toBe(1);
  });

  it("repeats what is worth it and nothing else", async () => {
    for (const [code, attempts] of Object.entries({
      unavailable: 4,
      timeout: 4,
      rate_limited: 4,
      overloaded: 1,
      too_large: 1,
      unauthorized: 1,
      corrupted: 1,
      backend: 1,
      not_serializable: 1,
    })) {
      const { store, calls } = over({ fail: 1, error: failing(code as ErrorCode) });
      await expect(store.put("a", 1)).rejects.toMatchObject({ code });
      expect([code, calls.length]).toEqual([code, attempts]);
    }
  });

  it("hands on what is not worth it as it is, also a TypeError and what other libraries throw", async () => {
    for (const problem of [new TypeError("mistake"), new Error("other"), "text", null, undefined]) {
      const store = retry({ ...memoryStore(), get: () => Promise.reject(problem) });
      const caught: unknown = await store.get("a").then(
        () => "nothing",
        (error) => error,
      );
      expect(caught).toBe(problem);
    }
  });

  it("asks `when` about every error", async () => {
    const seen: unknown[] = [];
    const when = (error: unknown) => seen.push((error as KeyValueError).code) < 2;
    const { store, calls } = over({ fail: 1, error: failing("overloaded") }, { when });
    await expect(store.get("a")).rejects.toMatchObject({ code: "overloaded", message: "failed" });
    expect([calls.length, seen]).toEqual([2, ["overloaded", "overloaded"]]);
  });

  it("repeats listings and reclaiming, too", async () => {
    const { store, base } = over({ plan: ["fail", undefined, "fail", undefined, "fail"] });
    await base.put("a", 1);
    expect(await Array.fromAsync(store.keys())).toEqual(["a"]);
    expect(await Array.fromAsync(store.collections())).toEqual(["default_collection"]);
    expect(await store.cull()).toBe(0);
  });

  it("does not repeat a swap whose outcome is unknown", async () => {
    const { store, base, calls } = over({ plan: ["lost"], only: ["swap"] });
    await expect(store.increment("n")).rejects.toMatchObject({ code: "unavailable" });
    expect(calls.length).toBe(1);
    expect(await base.get("n")).toBe(1);
  });

  it("repeats a swap that was refused for too many calls", async () => {
    const { store, base } = over({ plan: ["fail", "fail"], only: ["swap"], error: failing("rate_limited") });
    expect(await store.increment("n")).toBe(1);
    expect(await base.get("n")).toBe(1);
  });

  it("repeats a swap with unknown outcome where the driver says that this is safe", async () => {
    const { store, calls } = over({ plan: ["fail"], only: ["swap"] }, {}, { repeatableSwap: true });
    expect(await store.increment("n")).toBe(1);
    expect(calls.length).toBe(2);
  });

  it("repeats the read of an atomic operation", async () => {
    const { store } = over({ plan: ["fail", "fail"], only: ["read"] });
    expect(await store.increment("n", 2)).toBe(2);
  });

  it("waits longer each time, up to the longest delay", async () => {
    const delays = await delaysOf({ retries: 5, minDelay: 0.1, maxDelay: 0.5, jitter: "none" }, failing("unavailable"));
    expect(delays).toEqual([100, 200, 400, 500, 500]);
  });

  it("waits 0.1 seconds unless told otherwise, then twice as long each of three times, and never more than 10", async () => {
    expect(await delaysOf({ jitter: "none" }, failing("unavailable"))).toEqual([100, 200, 400]);
    const delays = await delaysOf({ jitter: "none", retries: 9 }, failing("unavailable"));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it("waits for a random part of the delay", async () => {
    const delays = await delaysOf({ retries: 50, minDelay: 1, factor: 1 }, failing("unavailable"));
    expect(delays.every((delay) => delay >= 0 && delay < 1000)).toBe(true);
    expect(new Set(delays).size).toBeGreaterThan(40);
    expect(Math.max(...delays)).toBeGreaterThan(500);
  });

  it("waits for as long as the backend asks at least, and gives up when that is too long", async () => {
    const hinted = failing("rate_limited", { retryAfter: 3 });
    expect(await delaysOf({ retries: 2, minDelay: 1, jitter: "none" }, hinted)).toEqual([4000, 5000]);
    expect(await delaysOf({ retries: 2, minDelay: 3, maxDelay: 4, jitter: "none" }, hinted)).toEqual([4000, 4000]);
    expect(await delaysOf({ maxDelay: 2 }, hinted)).toEqual([]);
    const steep = { retries: 3, minDelay: 0, factor: Number.MAX_VALUE, jitter: "none" } as const;
    expect(await delaysOf(steep, hinted)).toEqual([3000, 3000, 3000]);
    const { store } = over({ fail: 1, error: hinted });
    await expect(store.get("a")).rejects.toMatchObject({ code: "rate_limited", retryAfter: 3 });
  });

  it("stops waiting when the signal says so, with the last error as the cause", async () => {
    const { signal, abort } = controller();
    const { store, calls } = over({ fail: 1 }, { minDelay: 1000, maxDelay: 1000, jitter: "none", signal });
    const failed = failureOf(store.get("a"));
    setTimeout(abort, 5);
    const error = await failed;
    expect([error.code, error.key, error.cause.code]).toEqual(["aborted", "a", "unavailable"]);
    await expect(store.get("b")).rejects.toMatchObject({ code: "aborted" });
    expect(calls.length).toBe(2);
  });

  it("leaves no timer and no listener behind when the signal ends the waiting", async () => {
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    const [started, cleared]: [unknown[], unknown[]] = [[], []];
    const { signal, abort } = controller();
    const listeners = new Set<unknown>();
    const spy = {
      get aborted() {
        return signal.aborted;
      },
      addEventListener: (name: string, listener: () => void) => {
        listeners.add(listener);
        signal.addEventListener(name, listener);
      },
      removeEventListener: (name: string, listener: () => void) => {
        listeners.delete(listener);
        signal.removeEventListener(name, listener);
      },
    } as AbortSignal;
    const { store } = over({ fail: 1 }, { minDelay: 1000, maxDelay: 1000, jitter: "none", signal: spy });
    const fakes = {
      setTimeout(body: () => void, ms: number) {
        const timer = set(body, ms);
        started.push(timer);
        // The first delay begins: end it.
        set(abort, 1);
        return timer;
      },
      clearTimeout(timer: ReturnType<typeof setTimeout>) {
        cleared.push(timer);
        clear(timer);
      },
    };
    await withTimers(fakes, () => expect(store.get("a")).rejects.toMatchObject({ code: "aborted" }));
    expect([started.length, cleared[0] === started[0], listeners.size]).toEqual([1, true, 0]);
  });

  it("names the keys of a bulk that failed to the end", async () => {
    const { store } = over({ plan: ["half", "half", "half", "half"] });
    const write = store.putMany([
      ["a", 1],
      ["b", 2],
    ]);
    await expect(write).rejects.toMatchObject({ code: "unavailable", failed: ["b"] });
  });

  it("names the one key of a bulk that failed to the end", async () => {
    const problem = () => new KeyValueError("unavailable", "no", { key: "b", failed: ["b"] });
    const { store } = over({ fail: 1, error: problem }, { retries: 1, minDelay: 0 });
    const put = store.putMany(Object.entries({ a: 1, b: 2 }));
    await expect(put).rejects.toMatchObject({ code: "unavailable", key: "b", failed: ["b"] });
  });

  it("brings a bulk through a backend that often fails", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { store, base } = over({ seed, fail: 0.2, lost: 0.1, halfOfBulk: 0.1 }, { retries: 50 });
      const entries = Array.from({ length: 20 }, (_, i) => [`k${i}`, i] as const);
      await store.putMany(entries);
      expect(await store.getMany(entries.map(([key]) => key))).toEqual(entries.map(([, value]) => value));
      expect(await base.get("k19")).toBe(19);
    }
  });

  it("and `timeout` below it bring single and bulk calls through a backend that also hangs", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const base = memoryStore();
      const { driver, stop } = chaos(toDriver(base), { seed, fail: 0.1, lost: 0.1, hang: 0.1, halfOfBulk: 0.1 });
      const store = retry(timeout(createStore(driver), { seconds: 0.005 }), { retries: 50, minDelay: 0 });
      for (let i = 0; i < 10; i++) {
        await store.put("a", i);
        await store.putMany([
          ["b", i],
          ["c", i],
        ]);
        expect(await store.getMany(["a", "b", "c"])).toEqual([i, i, i]);
      }
      stop();
      expect(await base.get("c")).toBe(9);
    }
  });

  it("refuses options that make no sense", () => {
    for (const options of [
      { retries: -1 },
      { retries: 0.5 },
      { retries: null },
      { minDelay: -1 },
      { maxDelay: Infinity },
      { factor: 0 },
      { factor: NaN },
      { jitter: "half" },
    ]) {
      expect(() => retry(memoryStore(), options as never)).toThrow(TypeError);
    }
  });
});

function controller() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** The delays that are asked of the timer, without waiting for them. */
async function delaysOf(options: RetryOptions, error: () => unknown): Promise<number[]> {
  const { setTimeout: real } = globalThis;
  const delays: number[] = [];
  const fake = (body: () => void, ms: number) => {
    delays.push(ms);
    return real(body, 0);
  };
  const { driver } = chaos(toDriver(memoryStore()), { fail: 1, error });
  await withTimers({ setTimeout: fake }, () =>
    retry(createStore(driver), options)
      .get("a")
      .catch(() => {}),
  );
  return delays;
}

function failureOf(call: Promise<unknown>): Promise<KeyValueError & { cause: KeyValueError }> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error) => error,
  );
}
