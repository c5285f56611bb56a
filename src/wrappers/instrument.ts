import { type AsyncKeyValue, type Call, type Wrapped, wrap } from "../combinators/index.ts";
import { type Outcome, observe } from "../combinators/observe.ts";
import { checkOptions } from "../core/checks.ts";

export type { Outcome };

/** One call to the backend, by the name of its driver, without the values. */
export type Operation = Omit<Call, "entries"> & { readonly store: string };

/** Options of {@link instrument}. */
export interface InstrumentOptions {
  /**
   * Surrounds a call: `run` makes it and tells how it ended, without ever rejecting. The caller waits for what this
   * returns and gets what the backend answered; should this throw, the caller's operation fails with it.
   */
  onOperation(operation: Operation, run: () => Promise<Outcome>): unknown;
}

/** A store that shows every call to its backend to `onOperation`, for traces and metrics. */
export function instrument<S extends AsyncKeyValue>(store: S, options: InstrumentOptions): Wrapped<S> {
  const { onOperation } = checkOptions(options);
  if (typeof onOperation !== "function") throw new TypeError("onOperation must be a function");
  return wrap(store, (driver) =>
    observe(driver, ({ entries: _, ...call }, run) =>
      onOperation({ store: driver.name, ...call }, async () => {
        const { result: _, ...outcome } = await run();
        return outcome;
      }),
    ),
  );
}
