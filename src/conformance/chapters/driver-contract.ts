import { type Entry, live } from "../../core/entry.ts";
import type { Suite } from "./suite.ts";

/** What wrappers rely on: the driver behind a store, or the methods of a store whose driver is unknown. */
export function driverContract({ test }: Suite): void {
  test("the driver is plain data that can be spread, and says what it is", async ({ driver, collection, expect }) => {
    const { name, consistency, limits } = driver;
    expect([typeof name, name !== ""]).toEqual(["string", true]);
    expect(["strong", "eventual"]).toContain(consistency);
    for (const limit of Object.values(limits ?? {}))
      expect(limit === undefined || (Number.isSafeInteger(limit) && limit > 0)).toBe(true);
    const { read, write, remove } = { ...driver };
    await write(collection, [["k", { value: 1 }]]);
    expect((await read(collection, ["k"]))[0]?.value).toBe(1);
    expect(await remove(collection, ["k"])).toBe(1);
  });

  test("reads are aligned with the keys", async ({ driver, collection, expect }) => {
    await driver.write(collection, [
      ["a", { value: 1 }],
      ["b", { value: 2 }],
    ]);
    for (const how of [undefined, { fresh: true }, { valueOnly: true }]) {
      const entries = await driver.read(collection, ["b", "missing", "a"], how);
      expect(Array.from(entries, (entry) => entry?.value)).toEqual([2, undefined, 1]);
    }
  });

  test("an entry keeps its deadline to the millisecond, and when it was created", async ({
    driver,
    collection,
    expect,
    options,
  }) => {
    const now = Date.now();
    const entry: Entry = { value: { a: 1 }, createdAt: now - 5000, expiresAt: now + 100_001 };
    await driver.write(collection, [
      ["k", entry],
      ["forever", { value: 2, createdAt: now }],
    ]);
    const [found, forever] = await driver.read(collection, ["k", "forever"]);
    expect([found?.value, forever?.value, forever?.expiresAt]).toEqual([{ a: 1 }, 2, undefined]);
    // The methods of a store only tell the seconds that are left, and no creation time.
    const slack = driver.name === "custom" ? 1000 : (options.ttlGranularity ?? 0) * 1000;
    // If the backend's clock decides, it sends the time left, and the deadline moves by the time that the message takes.
    const travel = Date.now() - now;
    expect(Math.abs((found?.expiresAt as number) - (now + 100_001))).toBeLessThanOrEqual(slack + travel);
    if (driver.name !== "custom") expect([found?.createdAt, forever?.createdAt]).toEqual([now - 5000, now]);
  });

  test("a write whose deadline has passed removes what is there", async ({ store, driver, collection, at, expect }) => {
    await driver.write(collection, [
      ["k", { value: 1 }],
      ["l", { value: 1 }],
    ]);
    await driver.write(collection, [
      ["k", { value: 2, expiresAt: Date.now() - 1000 }],
      ["l", { value: 2 }],
    ]);
    expect(live((await driver.read(collection, ["k"]))[0])).toBe(undefined);
    expect(await store.getMany(["k", "l"], at)).toEqual([null, 2]);
    expect(await driver.remove(collection, ["k"])).toBe(0);
  });

  test("remove counts the entries that had not expired", async ({
    driver,
    collection,
    expect,
    short,
    untilExpired,
  }) => {
    const expiresAt = Date.now() + short * 1000;
    await driver.write(collection, [
      ["a", { value: 1 }],
      ["b", { value: 2, expiresAt }],
      ["c", { value: 3 }],
    ]);
    await untilExpired();
    expect(await driver.remove(collection, ["a", "b", "c", "missing"])).toBe(2);
  });

  test("entries are not changed by the driver that they are given to", async ({ driver, collection, expect }) => {
    const value = Object.freeze({ list: Object.freeze([1]) });
    const item = Object.freeze(["k", Object.freeze({ value, createdAt: 1, expiresAt: Date.now() + 60_000 })] as const);
    await driver.write(collection, Object.freeze([item]));
    expect((await driver.read(collection, Object.freeze(["k"])))[0]?.value).toEqual({ list: [1] });
    if (driver.swap) {
      const outcome = await driver.swap(collection, "fresh", undefined, Object.freeze({ value }));
      expect(outcome.ok).toBe(true);
      expect((await driver.read(collection, ["fresh"]))[0]?.value).toEqual({ list: [1] });
    }
  });
}
