/** A test runner of a few lines, for tests that run inside a page. The page is its caller's to open. */
import type { Matchers, Runner } from "../../src/conformance/index.ts";

/** How a test in the page ended. */
export interface PageResult {
  readonly name: string;
  readonly problem: string | undefined;
}

const tests: (readonly [name: string, body: () => Promise<void>])[] = [];
let path: string[] = [];

/** Collects tests, which {@link runAll} runs. */
export const runner: Runner = {
  describe(name, body) {
    path = [...path, name];
    body();
    path = path.slice(0, -1);
  },
  it: (name, body) => void tests.push([[...path, name].join(" > "), body]),
  expect,
};

/** Runs the tests one after the other. */
export async function runAll(): Promise<PageResult[]> {
  const results: PageResult[] = [];
  for (const [name, body] of tests) {
    results.push({
      name,
      problem: await body().then(
        () => undefined,
        (error) => String(error?.stack ?? error),
      ),
    });
  }
  return results;
}

function expect(actual: unknown): Matchers {
  const hold = (isRight: boolean, words: string, expected: unknown): void => {
    if (!isRight) throw new Error(`expected ${shown(actual)} ${words} ${shown(expected)}`);
  };
  return {
    toBe: (expected) => hold(Object.is(actual, expected), "to be", expected),
    toEqual: (expected) => hold(equal(actual, expected), "to equal", expected),
    toContain: (expected) => hold((actual as unknown[]).includes(expected), "to contain", expected),
    toBeGreaterThanOrEqual: (expected) => hold((actual as number) >= expected, "to be at least", expected),
    toBeLessThanOrEqual: (expected) => hold((actual as number) <= expected, "to be at most", expected),
  };
}

const shown = (value: unknown): string => String(JSON.stringify(value) ?? value).slice(0, 300);

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a, b] as Record<string, unknown>[] as [Record<string, unknown>, Record<string, unknown>];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => equal(left[name], right[name]));
}
