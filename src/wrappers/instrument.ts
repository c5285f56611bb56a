import { type AsyncKeyValue, type Call, type Wrapped, wrap } from "../combinators/index.ts";
import { type Outcome, observe } from "../combinators/observe.ts";
import { checkOptions } from "../core/checks.ts";

export type { Outcome };

/** One call to a backend, with the name of its driver and without values. */
export type InstrumentedCall = Omit<Call, "entries"> & { readonly store: string };

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /**
   * Surrounds a call. `run` makes the call and returns how it ended, without ever rejecting. The caller waits for what this
   * function returns, and gets the result of the backend, also when this function throws. The console says so, once.
   */
  onOperation(operation: InstrumentedCall, run: () => Promise<Outcome>): unknown;
}

/**
 * Makes a store that shows every call to its backend to `onOperation`, for traces and metrics.
 *
 * An atomic operation is one call if the backend runs it, and a read and a swap otherwise.
 *
 * @throws TypeError when `onOperation` is not a function.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { instrument } from "edge-key-value/wrappers/instrument";
 *
 * const store = instrument(memoryStore(), {
 *   async onOperation({ store, operation }, run) {
 *     const { durationMs, error } = await run();
 *     console.log(store, operation, durationMs, error === undefined ? "ok" : "failed");
 *   },
 * });
 * await store.get("k");
 * ```
 */
export function instrument<S extends AsyncKeyValue>(store: S, options: InstrumentOptions): Wrapped<S> {
  const { onOperation } = checkOptions(options);
  if (typeof onOperation !== "function") throw new TypeError("onOperation must be a function");
  return wrap(store, (driver) =>
    observe(driver, ({ entries: _, keys, ...call }, run) =>
      // The driver gets the list of keys itself, so an observer that sorts it would mix up the values.
      onOperation({ store: driver.name, ...call, ...(keys && { keys: [...keys] }) }, async () => {
        const { result: _, ...outcome } = await run();
        return outcome;
      }),
    ),
  );
}
