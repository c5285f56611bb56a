import type { AnyDriver, Awaitable, SwapResult } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { type Call, intercept } from "./intercept.ts";

/** How an operation ended. */
export interface Outcome {
  /** In milliseconds. On Workers the clock stands still between I/O. */
  readonly durationMs: number;
  /** Of a read or remove: how many keys had an entry. Of a swap or a take: 1 when it took place. */
  readonly hits?: number | undefined;
  /** Of a read or remove: how many keys had none. Of a swap: 1 when another writer came first. Of a take: 1 when there was none. */
  readonly misses?: number | undefined;
  /** What it failed with, if it did. */
  readonly error?: unknown;
}

/**
 * A driver that shows every call to `observer`, which may wait before it calls `run` and cannot change the answer.
 * `run` never rejects; the call is made once, also when the observer calls `run` again or not at all.
 */
export function observe<D extends AnyDriver>(
  driver: D,
  observer: (call: Call, run: () => Promise<Outcome & { result?: unknown }>) => unknown,
): D {
  return intercept(driver, async <R>(call: Call, proceed: () => Awaitable<R>) => {
    let answer: Promise<R> | undefined;
    const once = () => (answer ??= (async () => proceed())());
    await observer(call, async () => {
      const start = Date.now();
      const ended = await once().then(
        (result) => ({ result, ...counts(call, result) }),
        (error: unknown) => ({ error }),
      );
      return { durationMs: Math.max(0, Date.now() - start), ...ended };
    });
    return once();
  });
}

function counts({ operation, keys = [] }: Call, result: unknown): Pick<Outcome, "hits" | "misses"> {
  let hits: number;
  if (operation === "read") hits = (result as readonly (Entry | undefined)[]).filter(live).length;
  else if (operation === "remove") hits = result as number;
  else if (operation === "swap") hits = Number((result as SwapResult).ok);
  else if (operation === "take") hits = Number(result !== null);
  else return {};
  return { hits, misses: keys.length - hits };
}
