import { describe, expect, it } from "#test";
import { createStore, type ErrorCode, KeyValueError, memoryStore, supports, toDriver } from "../../src/index.ts";
import { fallback } from "../../src/wrappers/fallback.ts";
import { type ChaosOptions, chaos } from "../support/chaos.ts";

async function pair(faults: ChaosOptions = {}, options = {}) {
  const [first, second] = [memoryStore(), memoryStore()];
  await first.put("a", "first");
  await second.put("a", "second", { ttl: 60 });
  const { driver, stop } = chaos(toDriver(first), faults);
  return { first, second, stop, store: fallback(createStore(driver), second, options) };
}
const failing = (error: unknown) => ({ fail: 1, error: () => error });

describe("fallback", () => {
  it("reads from the primary while that answers, also that there is nothing", async () => {
    const { store, first } = await pair();
    expect(await store.get("a")).toBe("first");
    await first.delete("a");
    expect(await store.get("a")).toBe(null);
  });

  it("reads from the secondary while the primary fails, every read with its TTL", async () => {
    const { store, stop } = await pair({ fail: 1 });
    expect(await store.get("a")).toBe("second");
    expect(await store.getMany(["b", "a"])).toEqual([null, "second"]);
    expect((await store.ttl("a"))?.ttl).toBeGreaterThan(59);
    expect((await store.ttlMany(["a"]))[0]?.value).toBe("second");
    stop();
    expect(await store.get("a")).toBe("first");
  });

  it("does so for failures of the backend, and for nothing that the caller or the stored data caused", async () => {
    const outcomes: Record<string, boolean> = {};
    const codes: ErrorCode[] = ["unavailable", "timeout", "overloaded", "rate_limited", "backend", "too_large"];
    codes.push("invalid_ttl", "not_serializable", "corrupted", "tampered", "wrong_key", "invalid_value", "aborted");
    for (const code of codes) {
      const { store } = await pair(failing(new KeyValueError(code, "failed")));
      outcomes[code] = await store.get("a").then(
        () => true,
        () => false,
      );
    }
    const fallen = Object.keys(outcomes).filter((code) => outcomes[code]);
    expect(fallen).toEqual(["unavailable", "timeout", "overloaded", "rate_limited", "backend"]);
    const typeError = new TypeError("mistake");
    expect(await (await pair(failing(typeError))).store.get("a").catch((error) => error)).toBe(typeError);
    expect(await (await pair(failing(new Error("of another library")))).store.get("a")).toBe("second");
  });

  it("says where and how the primary failed when both fail", async () => {
    const details = { collection: "c", key: "a", failed: ["a"], retryAfter: 7 };
    const failed = (error: KeyValueError) => createStore(chaos(toDriver(memoryStore()), failing(error)).driver);
    const first = failed(new KeyValueError("rate_limited", "slow down", details));
    const store = fallback(first, failed(new KeyValueError("unavailable", "gone")));
    const error = (await store.get("a").catch((error: unknown) => error)) as KeyValueError;
    expect(error).toMatchObject({ ...details, code: "rate_limited", store: "memory" });
    expect((error.cause as AggregateError).errors.map(({ code }) => code)).toEqual(["rate_limited", "unavailable"]);
  });

  it("never hides a wrong argument", async () => {
    const { store } = await pair({ fail: 1 });
    await expect(store.get(1 as unknown as string)).rejects.toThrow(TypeError);
  });

  it("turns to the secondary for what `on` says", async () => {
    const { store } = await pair(failing(new KeyValueError("corrupted", "failed")), {
      on: (error: unknown) => (error as KeyValueError).code === "corrupted",
    });
    expect(await store.get("a")).toBe("second");
  });

  it("says what both failed with when both do", async () => {
    const place = { collection: "c", key: "a" };
    const [one, two] = [new KeyValueError("overloaded", "one", place), new KeyValueError("timeout", "two", place)];
    const [primary, secondary] = [one, two].map((error) =>
      createStore(chaos(toDriver(memoryStore()), failing(error)).driver),
    );
    const error = await failureOf(fallback(primary!, secondary!).get("a"));
    expect([error.code, error.cause.errors]).toEqual(["overloaded", [one, two]]);
    expect([error.collection, error.key]).toEqual(["c", "a"]);
  });

  it("writes to the primary alone unless it is told otherwise", async () => {
    const { store, second } = await pair({ fail: 1 });
    await expect(store.put("a", "new")).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.delete("a")).rejects.toMatchObject({ code: "unavailable" });
    expect(await second.get("a")).toBe("second");
    const both = await pair({ fail: 1 }, { writes: true });
    await both.store.put("b", "new");
    expect(await both.store.delete("a")).toBe(true);
    expect([await both.second.get("b"), await both.second.get("a")]).toEqual(["new", null]);
    expect([await both.first.get("b"), await both.first.get("a")]).toEqual([null, "first"]);
  });

  it("does not write to the secondary while the primary works", async () => {
    const { store, second } = await pair({}, { writes: true });
    await store.put("a", "new");
    expect(await second.get("a")).toBe("second");
  });

  it("never reads for an atomic operation, nor swaps, in the secondary", async () => {
    for (const only of [
      ["apply", "read"],
      ["apply", "swap"],
    ] as const) {
      const { store, second, first } = await pair({ fail: 1, only }, { writes: true });
      await expect(store.update("a", () => "new")).rejects.toMatchObject({ code: "unavailable" });
      await expect(store.take("a")).rejects.toMatchObject({ code: "unavailable" });
      expect([await first.get("a"), await second.get("a")]).toEqual(["first", "second"]);
    }
  });

  it("has what the primary can do, and is eventual however strong both stores are", async () => {
    const eventual = { ...memoryStore() };
    expect(supports(fallback(memoryStore(), eventual), "swap")).toBe(true);
    expect(supports(fallback(eventual, memoryStore()), "swap")).toBe(false);
    expect(toDriver(fallback(memoryStore(), memoryStore())).consistency).toBe("eventual");
  });

  it("speaks to other people's stores through their own methods", async () => {
    const asked: string[] = [];
    const get = async (key: string) => `mine: ${asked.push(key)}` as never;
    const spy = { ...memoryStore(), get };
    const { driver } = chaos(toDriver(memoryStore()), { fail: 1 });
    expect(await fallback(createStore(driver), spy).get("a")).toBe("mine: 1");
    expect(asked).toEqual(["a"]);
  });

  it("closes both", async () => {
    const closed: string[] = [];
    const closable = (name: string) =>
      createStore({ ...toDriver(memoryStore()), close: async () => void closed.push(name) });
    await fallback(closable("a"), closable("b"))[Symbol.asyncDispose]();
    expect(closed).toEqual(["a", "b"]);
  });

  it("closes the secondary also where closing the primary throws", async () => {
    const closed: string[] = [];
    const closable = (close: () => void) => createStore({ ...toDriver(memoryStore()), close });
    const broken = closable(() => {
      throw new Error("not closed");
    });
    const store = fallback(
      broken,
      closable(() => void closed.push("b")),
    );
    await expect(store[Symbol.asyncDispose]()).rejects.toThrow("not closed");
    expect(closed).toEqual(["b"]);
  });
});

function failureOf(call: Promise<unknown>): Promise<KeyValueError & { cause: AggregateError }> {
  return call.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error) => error,
  );
}
