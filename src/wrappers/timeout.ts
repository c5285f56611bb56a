import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { delay } from "../core/times.ts";

/** Options of {@link timeout}. */
export interface TimeoutOptions {
  /** How long a call to the backend may take. Default: 5. */
  readonly seconds?: number | undefined;
}

/**
 * A store that waits only so long for its backend, then throws `timeout`. The call is not undone: what it does may still
 * happen, and its late answer or failure is dropped. A page of a listing and each step of an atomic operation count alone.
 */
export function timeout<S extends AsyncKeyValue>(store: S, options: TimeoutOptions = {}): Wrapped<S> {
  const { seconds = 5 } = checkOptions(options);
  const ms = delay(seconds, "seconds");
  return wrap(store, (driver) =>
    intercept(driver, ({ operation, collection, keys }, proceed) => {
      const answer = proceed();
      if (typeof Object(answer).then !== "function") return answer;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const details = { store: driver.name, collection, key: keys?.length === 1 ? keys[0] : undefined };
          reject(new KeyValueError("timeout", `${operation} got no answer within ${seconds} seconds`, details));
        }, ms);
        Promise.resolve(answer)
          .then(resolve, reject)
          .then(() => clearTimeout(timer));
      });
    }),
  );
}
