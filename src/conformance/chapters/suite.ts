import type { AnyDriver, Awaitable, Capability, MethodNames } from "../../core/driver.ts";
import type { ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { AsyncKeyValue, CapabilityMethods } from "../../core/protocol.ts";
import { supports, toDriver } from "../../core/store.ts";

/** The matchers that the suite uses, of any Jest-like `expect`. */
export interface Matchers {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
  toContain(expected: unknown): unknown;
  toBeGreaterThanOrEqual(expected: number): unknown;
  toBeLessThanOrEqual(expected: number): unknown;
}

/** What the suite needs of a test runner, such as vitest, `bun:test`, or `node:test` with the package `expect`. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>, timeout?: number): unknown;
  expect(actual: unknown): Matchers;
}

/** Options of the suite. */
export interface ConformanceOptions {
  /** The capabilities that the store must have, no more and no fewer. Default: those that it has. */
  readonly capabilities?: readonly Capability[] | undefined;
  /** Whether listings come in code point order. Default: `false`. */
  readonly ordered?: boolean | undefined;
  /** How many seconds too late the backend may notice a deadline. Too early is always wrong. Default: 0. */
  readonly ttlGranularity?: number | undefined;
  /** Lets seconds pass, for example by moving `Date.now`. Default: a timer; the suite waits for a few seconds in all. */
  readonly wait?: ((seconds: number) => Awaitable<void>) | undefined;
  /** Called after each test with its store. */
  readonly teardown?: ((store: AsyncKeyValue) => Awaitable<void>) | undefined;
  /** The timeout of one test in milliseconds. Default: the runner's. */
  readonly timeout?: number | undefined;
  /** Names of tests that cannot pass, with the reason. They run and must fail. */
  readonly except?: Readonly<Record<string, string>> | undefined;
}

/** What a test works with: a store, and a collection that no other test uses. */
export interface Test<C extends Capability = never> {
  readonly store: AsyncKeyValue & Pick<CapabilityMethods, MethodNames[C]>;
  readonly driver: AnyDriver;
  readonly collection: string;
  /** The same collection as options of a call. */
  readonly at: { readonly collection: string };
  readonly expect: Runner["expect"];
  readonly options: ConformanceOptions;
  /** A name that no other test uses, for stores that share a backend. */
  unique(): string;
  /** A short TTL, in seconds. */
  readonly short: number;
  /** Waits until an entry with that TTL has certainly expired. */
  untilExpired(): Promise<void>;
  wait(seconds: number): Promise<void>;
}

type Body<C extends Capability> = (test: Test<C>) => Promise<void>;

/** Registers a test. */
type Register<C extends Capability = never> = (name: string, body: Body<C>) => void;

export interface Suite {
  readonly options: ConformanceOptions;
  readonly test: Register;
  /** Registers tests for stores with these capabilities. A store without them must lack their methods. */
  having<C extends Capability>(...capabilities: readonly C[]): Register<C>;
}

const METHODS: { readonly [C in Capability]: readonly MethodNames[C][] } = {
  listKeys: ["listKeys", "keys"],
  listCollections: ["listCollections", "collections"],
  destroyCollection: ["destroyCollection"],
  destroy: ["destroy"],
  cull: ["cull"],
  swap: [
    ...(["putIfAbsent", "take", "update", "increment", "touch"] as const),
    ...(["getWithVersion", "putIfVersion", "deleteIfVersion"] as const),
  ],
};

export const CAPABILITIES: readonly Capability[] = Object.keys(METHODS) as Capability[];

/** Makes a suite that adds the names of its tests to `known`. */
export function suiteOf(
  { it, expect }: Runner,
  factory: () => Awaitable<AsyncKeyValue>,
  options: ConformanceOptions,
  known: Set<string>,
): Suite {
  const { ttlGranularity = 0, timeout, except = {} } = options;
  const short = 0.05 + ttlGranularity;
  let names = 0;

  async function wait(seconds: number): Promise<void> {
    if (options.wait) await options.wait(seconds);
    else await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  async function run(body: Body<Capability>, capabilities: readonly Capability[]): Promise<void> {
    const store = await factory();
    try {
      const missing = capabilities.filter((capability) => !supports(store, capability));
      for (const method of missing.flatMap((capability) => METHODS[capability])) expect(method in store).toBe(false);
      if (missing.length > 0) return;
      // Workers have no randomness while a module loads, so make the name now.
      const unique = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}${names++}`;
      const collection = unique();
      await body({
        store: store as Test<Capability>["store"],
        driver: toDriver(store) as AnyDriver,
        collection,
        at: { collection },
        expect,
        options,
        unique,
        short,
        untilExpired: () => wait(short + ttlGranularity + 0.03),
        wait,
      });
    } finally {
      await options.teardown?.(store);
    }
  }

  function register(name: string, body: Body<Capability>, capabilities: readonly Capability[]): void {
    known.add(name);
    // Some runners look at the number of arguments.
    const limit: [] | [number] = timeout === undefined ? [] : [timeout];
    const reason = except[name];
    if (reason === undefined) return void it(name, () => run(body, capabilities), ...limit);
    async function runAndFail() {
      const error = await run(body, capabilities).catch((error: unknown) => error ?? "failed");
      if (error === undefined) throw new Error(`"${name}" is named as an exception, but it holds`);
    }
    it(`${name} (does not hold: ${reason})`, runAndFail, ...limit);
  }

  return {
    options,
    test: (name, body) => register(name, body as Body<Capability>, []),
    having:
      (...capabilities) =>
      (name, body) =>
        register(name, body as Body<Capability>, capabilities),
  };
}

/** The error of a rejected call: a `KeyValueError`, perhaps of another copy of this library, or another error. */
export type Rejection = Error & Partial<Pick<KeyValueError, "code" | keyof ErrorDetails>>;

/** Returns the error that a call rejects with. Throws if the call succeeds or throws synchronously. */
export async function rejection(call: () => PromiseLike<unknown>): Promise<Rejection> {
  let answer: PromiseLike<unknown>;
  try {
    answer = call();
  } catch (error) {
    throw new Error("the call threw synchronously; it must return a rejected promise", { cause: error });
  }
  try {
    await answer;
  } catch (error) {
    return error as Rejection;
  }
  throw new Error("the call succeeded; it must reject");
}

/** Returns the error code that each call rejects with, or the class of an error without a code. */
export function rejections(calls: readonly (() => PromiseLike<unknown>)[]): Promise<string[]> {
  return Promise.all(
    calls.map(async (call, i) => {
      const error: Rejection = await rejection(call).catch((problem: Error) => problem);
      return error.code ?? (error instanceof TypeError ? "TypeError" : `call ${i}: ${error}`);
    }),
  );
}
