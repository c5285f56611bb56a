import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { type ChaosOptions, chaos, type Fault } from "../support/chaos.ts";

const at = "c";

function unruly(options: ChaosOptions) {
  const real = memoryStore();
  const made = chaos(toDriver(real), options);
  return { ...made, real, store: createStore(made.driver, {}) };
}

/** What a call comes to: its answer, or the code it is rejected with. */
const outcome = (call: Promise<unknown>) => call.catch((error: { code?: string }) => error.code);

/** A run of a hundred calls, as text. */
async function runOf(options: ChaosOptions): Promise<string> {
  const { store, calls } = unruly({ delay: 1, ...options });
  const outcomes: unknown[] = [];
  for (let i = 0; i < 50; i++) {
    outcomes.push(await outcome(store.put(`k${i % 5}`, i)));
    outcomes.push(await outcome(store.getMany([`k${i % 5}`, "k1"])));
  }
  return JSON.stringify([outcomes, calls.map(({ fault }) => fault ?? null)]);
}

const mixed = { fail: 0.2, lost: 0.1, late: 0.1, halfOfBulk: 0.1, corrupt: 0.1 };

describe("the chaos driver", () => {
  it("leaves calls alone unless it is told otherwise", async () => {
    const { store, calls } = unruly({});
    await store.put("k", 1);
    expect(await store.get("k")).toBe(1);
    expect(calls.map(({ operation, keys, fault }) => [operation, keys, fault])).toEqual([
      ["write", ["k"], undefined],
      ["read", ["k"], undefined],
    ]);
  });

  it("does the same again for the same seed, and something else for another", async () => {
    const first = await runOf({ ...mixed, seed: 1 });
    expect(await runOf({ ...mixed, seed: 1 })).toBe(first);
    expect(await runOf({ ...mixed, seed: 2 })).not.toBe(first);
    const kinds = new Set((JSON.parse(first) as [unknown, (Fault | null)[]])[1]);
    expect([...kinds].sort()).toEqual(["corrupt", "fail", "half", "late", "lost", null].sort());
  });

  it("repeats a recorded run from its plan", async () => {
    const first = await runOf({ ...mixed, seed: 3 });
    const plan = (JSON.parse(first) as [unknown, (Fault | null)[]])[1].map((fault) => fault ?? undefined);
    expect(await runOf({ plan })).toBe(first);
  });

  it("fails without doing, loses replies after doing, and does half of a bulk", async () => {
    const { driver, real } = unruly({ plan: ["fail", "lost", "half", "half"] });
    expect(await outcome(driver.write(at, [["failed", { value: 1 }]]) as Promise<void>)).toBe("unavailable");
    expect(await outcome(driver.write(at, [["lost", { value: 1 }]]) as Promise<void>)).toBe("unavailable");
    const items = ["a", "b", "c"].map((key) => [key, { value: 1 }] as const);
    const error = await (driver.write(at, items) as Promise<void>).catch((error: { failed?: string[] }) => error);
    expect((error as { failed?: string[] }).failed).toEqual(["c"]);
    expect(await outcome(driver.write(at, [["one", { value: 1 }]]) as Promise<void>)).toBe("unavailable");
    const keys = ["failed", "lost", "a", "b", "c", "one"];
    expect(await real.getMany(keys, { collection: at })).toEqual([null, 1, 1, 1, null, null]);
  });

  it("hangs until its signal is aborted, or until it is stopped", async () => {
    const until = new AbortController();
    const { store, real, stop } = unruly({ plan: ["hang", "hang"], until: until.signal });
    const hanging = outcome(store.put("k", 1));
    expect(await Promise.race([hanging, new Promise((resolve) => setTimeout(resolve, 20, "hangs"))])).toBe("hangs");
    until.abort();
    expect(await hanging).toBe("unavailable");
    expect(await real.get("k")).toBe(null);
    const another = unruly({ hang: 1 });
    const second = outcome(another.store.get("k"));
    another.stop();
    expect(await second).toBe("unavailable");
    expect(await another.store.get("k")).toBe(null);
    stop();
  });

  it("answers late, and alters what it reads", async () => {
    const { store, real } = unruly({ plan: ["late", "corrupt"], delay: 20 });
    await real.put("k", { text: "abc", n: 1 });
    const before = Date.now();
    expect(await store.get("k")).toEqual({ text: "abc", n: 1 });
    expect(Date.now() - before >= 15).toBe(true);
    expect(await store.get("k")).toEqual({ text: "axc", n: 2 });
  });

  it("only meets the operations that it is told", async () => {
    const { store, calls } = unruly({ fail: 1, only: ["remove"] });
    await store.put("k", 1);
    expect(await store.get("k")).toBe(1);
    expect(await outcome(store.delete("k"))).toBe("unavailable");
    expect(calls.length).toBe(1);
  });
});
