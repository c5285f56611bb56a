import { describe, expect, it } from "#test";
import { conformance } from "../../src/conformance/index.ts";
import { memoryStore } from "../../src/index.ts";
import { BROKEN } from "../support/broken-stores.ts";

type Body = () => Promise<void>;

describe("the conformance suite", () => {
  it("has no test that every broken store passes", async () => {
    const real = Date.now;
    const { setTimeout } = globalThis;
    let passed = 0;
    const wait = (seconds: number) => void (passed += seconds * 1000);
    const testsOf = (make: (typeof BROKEN)[number][1], options = {}) => {
      const tests: [name: string, body: Body][] = [];
      const keep = (name: string, body: Body) => tests.push([name, body]);
      conformance({ describe: (_, body) => body(), it: keep, expect }, "a store", make, {
        ordered: true,
        wait,
        ...options,
      });
      return tests;
    };
    const neverFailed = new Set(testsOf(memoryStore).map(([name]) => name));
    try {
      Date.now = () => Math.floor(real() + passed);
      // A store that refuses every swap makes its callers pause for 30 seconds. Here they pass at once.
      globalThis.setTimeout = ((run: () => void, milliseconds = 0) =>
        setTimeout(() => {
          passed += milliseconds;
          run();
        })) as typeof setTimeout;
      for (const [, make, , options] of BROKEN) {
        for (const [name, body] of testsOf(make, options)) {
          if (neverFailed.has(name)) await body().catch(() => neverFailed.delete(name));
        }
      }
    } finally {
      Date.now = real;
      globalThis.setTimeout = setTimeout;
    }
    expect([...neverFailed]).toEqual([]);
  }, 60_000);
});
