import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { isPromise } from "../core/promises.ts";
import { delay } from "../core/times.ts";

/** Options of {@link timeout}. */
export interface TimeoutOptions {
  /** How many seconds a call to the backend may take. Default: 5. */
  readonly seconds?: number | undefined;
}

/**
 * Makes a store that throws `timeout` when a call to its backend takes longer than `seconds`.
 *
 * The call is not undone: it may still happen, and its late result or failure is dropped. Each page of a listing and each
 * call of an atomic operation has its own time.
 *
 * @throws TypeError when `seconds` is not a number from 0 to 2,147,483, the longest delay of a timer.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { timeout } from "edge-key-value/wrappers/timeout";
 *
 * const store = timeout(memoryStore(), { seconds: 2 });
 * await store.get("k");
 * ```
 */
export function timeout<S extends AsyncKeyValue>(store: S, options: TimeoutOptions = {}): Wrapped<S> {
  const { seconds = 5 } = checkOptions(options);
  const ms = delay(seconds, "seconds");
  return wrap(store, (driver) =>
    intercept(driver, ({ operation, collection, keys }, proceed) => {
      const answer = proceed();
      if (!isPromise(answer)) return answer;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const details = { store: driver.name, collection, key: keys?.length === 1 ? keys[0] : undefined };
          reject(new KeyValueError("timeout", `${operation} took longer than ${seconds} seconds`, details));
        }, ms);
        Promise.resolve(answer)
          .then(resolve, reject)
          .then(() => clearTimeout(timer));
      });
    }),
  );
}
