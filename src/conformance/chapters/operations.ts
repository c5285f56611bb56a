import type { Driver } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import type { JsonValue } from "../../core/json.ts";
import { operate } from "../../core/operate.ts";
import type { Operation } from "../../core/operation.ts";
import { hold } from "../../core/operations/hold.ts";
import { increment } from "../../core/operations/increment.ts";
import { limit } from "../../core/operations/limit.ts";
import { take } from "../../core/operations/take.ts";
import { touch } from "../../core/operations/touch.ts";
import type { Suite, Test } from "./suite.ts";

/** The operations that drivers apply where the data is. Each must do what its function in the core does. */
export function operations({ having }: Suite): void {
  const test = having("swap");

  /** Applies operations to the store and to a model, unless the store's driver is unknown. */
  function sideBySide({ driver, collection, expect }: Test<"swap">) {
    if (!driver.swap) return undefined;
    let model: Entry | undefined;
    return {
      put: async (value: JsonValue, life?: number) => {
        const now = Date.now();
        model = { value, createdAt: now, expiresAt: life === undefined ? undefined : now + life };
        await driver.write(collection, [["k", model]]);
      },
      apply: async <A extends JsonValue, R extends JsonValue>(operation: Operation<A, R>, args: A) => {
        const expected = operation.run(live(model), args, Date.now());
        model = expected.next;
        return {
          expected: expected.result,
          found: await operate(driver as Driver<"swap">, { collection, key: "k" }, operation, args),
        };
      },
      same: async () => {
        const [entry] = await driver.read(collection, ["k"], { fresh: true });
        expect(entry?.value).toEqual(model?.value);
        expect(entry?.expiresAt === undefined).toBe(model?.expiresAt === undefined);
      },
    };
  }

  test("take, increment and touch do what their functions say, whatever is there", async (context) => {
    const both = sideBySide(context);
    if (!both) return;
    const values: JsonValue[] = [0, 41, -1.5, "text", [1, 2], { a: null }, false, "", 2 ** 53 - 2, "\ud800", "%3A::"];
    for (const [i, value] of values.entries()) {
      await both.put(value, i % 2 ? 600_000 : undefined);
      for (const step of [
        () => both.apply(touch, { life: i % 3 ? 900_000 : null }),
        () => both.apply(increment, { by: 1 + i / 8, life: 1_000_000 }),
        () => both.apply(increment, { by: -3, life: null }),
        () => both.apply(take, null),
        () => both.apply(touch, { life: 1000 }),
        () => both.apply(take, null),
        () => both.apply(increment, { by: i, life: i % 2 ? 800_000 : null }),
      ]) {
        const { expected, found } = await step();
        context.expect(found).toEqual(expected);
        await both.same();
      }
    }
  });

  test("limit lets through its limit, and refuses a value of another kind", async (context) => {
    const both = sideBySide(context);
    if (!both) return;
    const args = { limit: 5, window: 3_600_000, cost: 1 };
    const left: unknown[] = [];
    for (const cost of [1, 2, 0, 3, 2, 1, 0]) {
      const { expected, found } = await both.apply(limit, { ...args, cost });
      const [a, b] = [expected, found] as { allowed: boolean; remaining: number; retryAfter: number }[];
      context.expect([b?.allowed, b?.remaining]).toEqual([a?.allowed, a?.remaining]);
      context.expect(Number.isFinite(b?.retryAfter)).toBe(true);
      left.push(b?.remaining);
    }
    context.expect(left).toEqual([4, 2, 2, 2, 0, 0, 0]);
    for (const value of ["report", { a: 1 }, [[1]], [[1, "2"]], [[1.5, 1]], 7, [{ "0": 1, "1": 2 }]]) {
      await both.put(value);
      const { found } = await both.apply(limit, args);
      context.expect(found).toEqual({ error: "wrong_kind" });
      await both.same();
    }
  });

  test("hold gives a lock to one owner at a time, with tokens that grow", async (context) => {
    const both = sideBySide(context);
    if (!both) return;
    const { driver, collection, expect } = context;
    const ask = (owner: string, life: number, take: boolean) =>
      operate(driver as Driver<"swap">, { collection, key: "lock" }, hold, { owner, life, take });
    const tokenOf = (result: unknown) => (result as { token: number } | null)?.token ?? 0;
    const first = tokenOf(await ask("a", 60_000, true));
    expect(first).toBeGreaterThanOrEqual((Date.now() - 3_600_000) * 1000);
    expect(await ask("b", 60_000, true)).toBe(null);
    expect([await ask("b", 60_000, false), await ask("b", 0, false)]).toEqual([null, null]);
    expect([tokenOf(await ask("a", 60_000, true)), tokenOf(await ask("a", 90_000, false))]).toEqual([first, first]);
    expect(tokenOf(await ask("a", 0, false))).toBe(first);
    expect(await ask("a", 60_000, false)).toBe(null);
    const second = tokenOf(await ask("b", 60_000, true));
    expect(second).toBeGreaterThanOrEqual(first + 1);
    for (const value of [
      "report",
      { token: "1" },
      { token: 1, owner: 5, until: 0 },
      { token: 1, owner: null },
      [],
      1,
    ]) {
      await both.put(value);
      const { found } = await both.apply(hold, { owner: "a", life: 60_000, take: true });
      expect(found).toEqual({ error: "wrong_kind" });
      await both.same();
    }
  });
}
