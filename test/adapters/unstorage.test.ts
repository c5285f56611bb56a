import { createStorage } from "unstorage";
import memoryDriver from "unstorage/drivers/memory";
import nullDriver from "unstorage/drivers/null";
import { describe, expect, it } from "#test";
import { type UnstorageDriver, unstorageStore } from "../../src/adapters/unstorage.ts";
import { conformance } from "../../src/conformance/index.ts";
import { KeyValueError, supports, toDriver } from "../../src/index.ts";
import { movedClock } from "../support/clock.ts";

const wait = movedClock();
const at = { collection: "users" };

/** The memory driver of unstorage, some of whose methods are replaced. */
function driverWith(change: Partial<UnstorageDriver>): UnstorageDriver {
  return { ...memoryDriver(), ...change };
}

conformance({ describe, it, expect }, "unstorageStore over memory", () => unstorageStore(memoryDriver()), {
  capabilities: [],
  wait,
});
conformance(
  { describe, it, expect },
  "unstorageStore over memory, with listings",
  () => unstorageStore(memoryDriver(), { listings: true, consistency: "strong" }),
  { capabilities: ["listKeys", "listCollections", "destroyCollection"], ordered: true, wait },
);

describe("unstorageStore", () => {
  it("claims what it is told and what is there, and no more", () => {
    const plain = unstorageStore(memoryDriver());
    expect([toDriver(plain).consistency, supports(plain, "listKeys"), supports(plain, "swap")]).toEqual([
      "eventual",
      false,
      false,
    ]);
    const told = unstorageStore(memoryDriver(), { listings: true, consistency: "strong" });
    expect([toDriver(told).consistency, supports(told, "listKeys"), supports(told, "cull")]).toEqual([
      "strong",
      true,
      false,
    ]);
  });

  it("keeps texts under names that every backend takes", async () => {
    const driver = memoryDriver();
    const store = unstorageStore(driver);
    const keys = [
      "ann",
      "Ann",
      "a:b",
      "a/../b",
      "",
      "$",
      "%41",
      "é\u{1f600}",
      "\ud800",
      "x".repeat(500),
      "X".repeat(60),
    ];
    await store.putMany(
      keys.map((key, i) => [key, i]),
      { collection: "Users/1" },
    );
    expect(await store.getMany(keys, { collection: "Users/1" })).toEqual(keys.map((_, i) => i));
    const names = (await driver.getKeys("", {})) as string[];
    expect(names.every((name) => /^_55sers_2f1:[a-z0-9_-]{1,100}$/.test(name))).toBe(true);
    expect(names.slice(0, 3)).toEqual(["_55sers_2f1:ann", "_55sers_2f1:_41nn", "_55sers_2f1:a_3ab"]);
    expect(new Set(names).size).toBe(keys.length);
  });

  it("passes the TTL on in whole seconds, later than the deadline", async () => {
    const passed: unknown[] = [];
    const store = unstorageStore(driverWith({ setItem: (_, __, options) => void passed.push(options.ttl) }));
    for (const ttl of [0.5, 60, 1e10, undefined]) await store.put("k", 1, { ttl });
    expect(passed).toEqual([2, 61, undefined, undefined]);
  });

  it("lists keys whose names have a hash, and leaves out what has expired or is of others", async () => {
    const driver = memoryDriver();
    const store = unstorageStore(driver, { listings: true });
    const [long, other] = ["k".repeat(300), "K".repeat(300)];
    await store.putMany(
      [
        [long, 1],
        ["short", 2],
      ],
      { collection: "C".repeat(300) },
    );
    await store.put("expired", 1, { ...at, ttl: 1 });
    await store.put(other, 1, at);
    await driver.setItem?.("users:foreign", "text of another program", {});
    await driver.setItem?.(`users:_h${"0".repeat(64)}`, '{"v":1,"value":1,"address":["users","claimed"]}', {});
    wait(2);
    expect((await store.listKeys({ collection: "C".repeat(300) })).names).toEqual([long, "short"]);
    expect((await store.listKeys(at)).names).toEqual([other]);
    expect((await store.listCollections()).names).toEqual(["C".repeat(300), "users"]);
    expect(await store.destroyCollection(at)).toBe(true);
    expect(await driver.getItem("users:foreign")).toBe("text of another program");
  });

  it("takes a damaged value for corrupted, or for missing where that is wanted, and lets it be replaced", async () => {
    const driver = memoryDriver();
    for (const text of [
      "",
      "{",
      "null",
      "7",
      "[]",
      '{"v":2,"value":1}',
      '{"v":1}',
      '{"v":1,"value":null}',
      '{"v":1,"value":1,"expiresAt":"soon"}',
      '{"v":1,"value":1,"address":1}',
    ]) {
      await driver.setItem?.("users:k", text, {});
      const failure = await unstorageStore(driver)
        .get<never>("k", at)
        .catch((error) => error);
      expect([text, failure.code, failure.key]).toEqual([text, "corrupted", "k"]);
      expect(await unstorageStore(driver, { onCorrupt: "miss" }).get("k", at)).toBe(null);
    }
    const store = unstorageStore(driver);
    expect(await store.delete("k", at)).toBe(true);
    await store.put("k", 1, at);
    expect(await store.get("k", at)).toBe(1);
  });

  it("takes values that the driver has parsed", async () => {
    const driver = memoryDriver();
    const parsing = { ...driver, getItem: async (key: string) => JSON.parse((await driver.getItem(key)) as string) };
    const store = unstorageStore(parsing);
    await store.put("k", { __proto__: null, a: [1] });
    expect(await store.get("k")).toEqual({ a: [1] });
  });

  it("says which keys failed, tries the others, and knows what a failure of the system means", async () => {
    const driver = memoryDriver();
    const failing: UnstorageDriver = {
      ...driver,
      setItem(name, text, options) {
        if (name.endsWith("bad")) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
        return driver.setItem?.(name, text, options);
      },
      removeItem: (name) => (name.endsWith("bad") ? new Error("not removed") : driver.removeItem?.(name, {})),
      getItem: (name) => (name.endsWith("gone") ? Promise.reject(new Error("?")) : driver.getItem(name, {})),
    };
    const store = unstorageStore(failing);
    const written = await store
      .putMany([
        ["a", 1],
        ["bad", 1],
        ["b", 1],
      ])
      .catch((error) => error);
    expect([written.code, written.failed, written.cause.code]).toEqual(["full", ["bad"], "ENOSPC"]);
    expect(await store.getMany(["a", "b"])).toEqual([1, 1]);
    // The drivers for files return some errors.
    const removed = await store.deleteMany(["a", "bad"]).catch((error) => error);
    expect([removed.code, removed.failed]).toEqual(["backend", ["bad"]]);
    const read = await store.get<never>("gone").catch((error) => error);
    expect([read instanceof KeyValueError, read.code, read.key]).toEqual([true, "backend", "gone"]);
  });

  it("names the keys of writes and of removals that fail in the same bulk, and leaves no rejection unhandled", async () => {
    const broken = () => Promise.reject(new Error("broken"));
    const driver = toDriver(unstorageStore(driverWith({ setItem: broken, removeItem: broken })));
    // The name of a long key is a hash, which takes longer to make than the removal takes to fail.
    const long = "long ".repeat(100);
    const items = [["over", { value: 1, expiresAt: 1 }] as const, [long, { value: 1 }] as const];
    const error = await (async () => driver.write("c", items))().catch((error) => error);
    expect([error.code, [...error.failed].sort()]).toEqual(["backend", [long, "over"]]);
  });

  it("refuses what cannot be a backend, with a sentence that says why", () => {
    expect(() => unstorageStore(createStorage() as never)).toThrow("not the storage that createStorage makes");
    expect(() => unstorageStore(undefined as never)).toThrow(TypeError);
    const { setItem: _, ...readOnly } = memoryDriver();
    expect(() => unstorageStore(readOnly)).toThrow("cannot write");
    expect(() => unstorageStore(driverWith({ options: { readOnly: true } }))).toThrow("cannot write");
    for (const name of ["s3", "http", "cloudflare-r2-binding"]) {
      expect(() => unstorageStore(driverWith({ name }), { listings: true })).toThrow("cannot list its keys");
    }
    expect(() => unstorageStore(nullDriver(), { listings: true })).toThrow("cannot list its keys");
    expect(() => unstorageStore(memoryDriver(), { consistency: "maybe" as never })).toThrow(TypeError);
  });
});
