import type { AnyDriver, Awaitable, SwapResult } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { type Call, intercept } from "./intercept.ts";

/** How a call ended. */
export interface Outcome {
  /** How long it took, in milliseconds. On Workers the clock stands still between I/O. */
  readonly durationMs: number;
  /** How many keys a read or remove found; 1 for a swap or take that took place. */
  readonly hits?: number | undefined;
  /** How many keys a read or remove did not find; 1 for a swap that another writer prevented, or a take of nothing. */
  readonly misses?: number | undefined;
  /** The error it failed with. */
  readonly error?: unknown;
}

/**
 * Makes a driver that shows every call to `observer`. The observer may wait before it calls `run`, and cannot change the
 * result. `run` never rejects. The call is made exactly once, even if the observer calls `run` twice or not at all, or fails:
 * the console then says so, once.
 */
export function observe<D extends AnyDriver>(
  driver: D,
  observer: (call: Call, run: () => Promise<Outcome & { result?: unknown }>) => unknown,
): D {
  let warned = false;
  return intercept(driver, async <R>(call: Call, proceed: () => Awaitable<R>) => {
    let made: Promise<R> | undefined;
    const once = () => (made ??= (async () => proceed())());
    const run = async () => {
      const start = Date.now();
      const ended = await once().then(
        (result) => ({ result, ...counts(call, result) }),
        (error: unknown) => ({ error }),
      );
      return { durationMs: Math.max(0, Date.now() - start), ...ended };
    };
    try {
      await observer(call, run);
    } catch (error) {
      if (!warned) console.warn("edge-key-value: an observer of the store failed.", error);
      warned = true;
    }
    return await once();
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
