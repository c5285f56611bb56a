import { describe, expect, it } from "#test";
import { type ConformanceOptions, conformance } from "../../src/conformance/index.ts";
import { type AsyncKeyValue, createStore, memoryStore, toDriver } from "../../src/index.ts";
import { BROKEN } from "../support/broken-stores.ts";

/** Runs the suite's tests with a runner that only keeps names and outcomes, on a clock that waiting moves. */
async function run(
  factory: () => AsyncKeyValue,
  { only, ...options }: ConformanceOptions & { only?: string } = {},
): Promise<{ passed: string[]; failed: string[] }> {
  const real = Date.now;
  let passedBy = 0;
  const tests: [name: string, body: () => Promise<void>][] = [];
  conformance(
    { describe: (_, body) => body(), it: (name, body) => tests.push([name, body]), expect },
    "a store",
    factory,
    { ordered: true, wait: (seconds) => void (passedBy += seconds * 1000), ...options },
  );
  const outcome: { passed: string[]; failed: string[] } = { passed: [], failed: [] };
  try {
    Date.now = () => Math.floor(real() + passedBy);
    for (const [name, body] of tests) {
      if (only !== undefined && name !== only) continue;
      const failed = await body().then(
        () => false,
        () => true,
      );
      outcome[failed ? "failed" : "passed"].push(name);
    }
  } finally {
    Date.now = real;
  }
  return outcome;
}

describe("the conformance suite", () => {
  it("passes a correct store wholly", async () => {
    const { passed, failed } = await run(memoryStore);
    expect(failed).toEqual([]);
    expect(passed.length > 100).toBe(true);
    expect(new Set(passed).size).toBe(passed.length);
  });

  it("passes a correct store that can do nothing but the eight methods, also one of another make", async () => {
    const { name, consistency, read, write, remove } = toDriver(memoryStore());
    const least = { name, consistency, read, write, remove };
    expect((await run(() => createStore(least))).failed).toEqual([]);
    expect((await run(() => ({ ...memoryStore() }))).failed).toEqual([]);
  });

  for (const [how, make, test, options] of BROKEN) {
    it(`fails a store that ${how}`, async () => {
      const { passed, failed } = await run(make, { ...options, only: test });
      expect([...passed, ...failed]).toEqual([test]);
      expect(failed).toEqual([test]);
    });
  }

  it("runs what is named as an exception, and fails once it holds", async () => {
    const name = "false, 0 and the empty string are values, not missing";
    const broken = BROKEN.find(([, , test]) => test === name)?.[1] as () => AsyncKeyValue;
    const except = { [name]: "they are dropped" };
    const titled = `${name} (does not hold: they are dropped)`;
    expect((await run(broken, { except, only: titled })).passed).toEqual([titled]);
    expect((await run(memoryStore, { except, only: titled })).failed).toEqual([titled]);
    let error: unknown;
    await run(memoryStore, { except: { "no such test": "" } }).catch((problem: unknown) => (error = problem));
    expect(String(error)).toBe("Error: no such tests: no such test");
  });

  it("hands every store to teardown, also after a failure", async () => {
    const made: AsyncKeyValue[] = [];
    const torn: AsyncKeyValue[] = [];
    const broken = BROKEN[0]?.[1] as () => AsyncKeyValue;
    const { passed, failed } = await run(() => made[made.push(broken()) - 1] as AsyncKeyValue, {
      teardown: async (store) => void torn.push(store),
    });
    expect(failed.length > 0).toBe(true);
    expect(torn.length).toBe(passed.length + failed.length);
    expect(torn.every((store, i) => store === made[i])).toBe(true);
  });
});
