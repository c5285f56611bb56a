import { type AnyDriver, type Entry, KeyValueError } from "../../src/index.ts";

/**
 * What can be done to a call:
 *
 * - `fail`: it is rejected and nothing happened;
 * - `lost`: it happened, but the reply is lost and the caller gets an error;
 * - `hang`: it never answers, until `until` is aborted or `stop()` is called; nothing happened;
 * - `late`: it happens and answers after `delay` milliseconds;
 * - `half`: of a bulk write or remove only the first half happens, and the error names the others in `failed`; of one
 *   key, or of another operation, it is `fail`;
 * - `corrupt`: it answers with altered values; where the answer has no entries it is as if nothing had been done to it.
 */
export type Fault = "fail" | "lost" | "hang" | "late" | "half" | "corrupt";

/** Which faults {@link chaos} injects. */
export interface ChaosOptions {
  /** The same seed and the same calls give the same faults. Default: 1. */
  readonly seed?: number;
  /** The share of the calls that fail, from 0 to 1; the same for the other faults. Default: 0. */
  readonly fail?: number;
  readonly lost?: number;
  readonly hang?: number;
  readonly late?: number;
  readonly halfOfBulk?: number;
  readonly corrupt?: number;
  /** Instead of chance: the faults of the first calls, in their order. The calls after them are left alone. */
  readonly plan?: readonly (Fault | undefined)[];
  /** Which operations are meant; the others are left alone and not counted. Default: all. */
  readonly only?: readonly Operation[];
  /** Milliseconds that a late answer takes. Default: 5. */
  readonly delay?: number;
  /** Ends hanging calls with an `unavailable` error when it is aborted. */
  readonly until?: AbortSignal;
  /** The error of a failed call. Default: a KeyValueError with code `unavailable`. */
  readonly error?: (operation: Operation, call: number) => unknown;
}

export type Operation = Exclude<keyof AnyDriver, "name" | "consistency" | "limits" | "close">;

/** One call as it went; what a failing test prints, and what `plan` repeats. */
export interface ChaosCall {
  readonly operation: Operation;
  readonly collection: string | undefined;
  readonly keys: readonly string[];
  readonly fault: Fault | undefined;
}

/** A driver between the code under test and a real driver, with a record of what was done to it. */
export interface Chaos<D extends AnyDriver> {
  readonly driver: D;
  /** Every call that was meant, in order. */
  readonly calls: readonly ChaosCall[];
  /** Leaves all further calls alone and ends the hanging ones, so that a test can look at what is stored. */
  stop(): void;
}

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator with a mixed output). */
export function randomOf(seed: number): () => number {
  let state = (seed ^ 0x5deece66) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 16), 0x45d9f3b) >>> 0;
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * Injects faults between real code and a driver, replayable from a seed.
 *
 * Whether and how a call suffers is drawn when it is made, so the order of calls alone decides. To repeat a run without
 * chance give `plan: calls.map(({ fault }) => fault)`.
 *
 * ```ts
 * const { driver, calls, stop } = chaos(toDriver(memoryStore()), { seed: 7, fail: 0.2, lost: 0.1 });
 * const store = retry(createStore(driver));
 * ```
 */
export function chaos<D extends AnyDriver>(target: D, options: ChaosOptions = {}): Chaos<D> {
  const { seed = 1, plan, only, delay = 5, until, error: errorOf } = options;
  const random = randomOf(seed);
  const calls: ChaosCall[] = [];
  const waiting = new Set<() => void>();
  let stopped = false;

  function draw(): Fault | undefined {
    if (stopped) return undefined;
    if (plan) return plan[calls.length];
    let left = random();
    const { fail = 0, lost = 0, hang = 0, late = 0, halfOfBulk = 0, corrupt = 0 } = options;
    const shares: [Fault, number][] = Object.entries({ fail, lost, hang, late, half: halfOfBulk, corrupt }) as [
      Fault,
      number,
    ][];
    for (const [fault, share] of shares) if ((left -= share) < 0) return fault;
    return undefined;
  }

  /** Ends when `until` or `stop` does. */
  function hanging(): Promise<void> {
    return new Promise((resolve) => {
      if (stopped || until?.aborted) return resolve();
      waiting.add(resolve);
      until?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  function surround(operation: Operation, method: (...args: never[]) => unknown): (...args: unknown[]) => unknown {
    return (...args) => {
      const call = method as (...args: unknown[]) => unknown;
      if (only && !only.includes(operation)) return call(...args);
      const [collection, list] = args;
      const items: readonly unknown[] = Array.isArray(list) ? list : typeof list === "string" ? [list] : [];
      const keys = items.map((item) => (operation === "write" ? (item as [string])[0] : (item as string)));
      const fault = draw();
      const number = calls.length;
      calls.push({ operation, collection: typeof collection === "string" ? collection : undefined, keys, fault });
      if (!fault) return call(...args);
      const failure = (failed?: string[]) =>
        errorOf?.(operation, number) ??
        new KeyValueError("unavailable", `chaos: call ${number} of seed ${seed} (${operation}) suffers "${fault}"`, {
          store: target.name,
          failed,
        });
      return (async () => {
        if (fault === "late") await new Promise((resolve) => setTimeout(resolve, delay));
        if (fault === "late" || fault === "corrupt")
          return fault === "late" ? call(...args) : corrupted(await call(...args));
        if (fault === "hang") await hanging();
        if (fault === "lost") await call(...args);
        if (fault === "half" && (operation === "write" || operation === "remove") && items.length > 1) {
          const half = Math.ceil(items.length / 2);
          await call(collection, items.slice(0, half));
          throw failure(keys.slice(half));
        }
        throw failure();
      })();
    };
  }

  const driver = { ...target } as unknown as Record<string, unknown>;
  for (const [name, method] of Object.entries(target)) {
    if (typeof method === "function" && name !== "close") driver[name] = surround(name as Operation, method);
  }
  return {
    driver: driver as unknown as D,
    calls,
    stop() {
      stopped = true;
      for (const resolve of waiting) resolve();
    },
  };
}

/** The same answer with every value altered: what bad stored bytes look like to the code above. */
function corrupted(answer: unknown): unknown {
  const alter = (entry: Entry | undefined): Entry | undefined => entry && { ...entry, value: altered(entry.value) };
  if (Array.isArray(answer)) return answer.map(alter);
  if (typeof answer === "object" && answer !== null && "current" in answer) {
    return { ...answer, current: alter(answer.current as Entry | undefined) };
  }
  return answer;
}

/** A value of the same kind that is not the same: texts, also those inside of objects, get another last-but-one letter. */
function altered(value: Entry["value"]): Entry["value"] {
  if (typeof value === "string") {
    const at = Math.max(0, value.length - 2);
    return value.slice(0, at) + (value[at] === "x" ? "y" : "x") + value.slice(at + 1);
  }
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return value.length > 0 ? value.map(altered) : ["corrupt"];
  if (value === null) return "corrupt";
  const names = Object.keys(value);
  if (names.length === 0) return { corrupt: true };
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, altered(inner)]));
}
