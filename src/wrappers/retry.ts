import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions, count, oneOf } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { abortable, delay, pause } from "../core/times.ts";

/** Options of {@link retry}; delays are in seconds. */
export interface RetryOptions {
  /** How often to try again after the first attempt. Default: 3. */
  readonly retries?: number | undefined;
  /** The delay before the first retry. Default: 0.1. */
  readonly minDelay?: number | undefined;
  /** The longest delay; a backend that asks for a longer one (`retryAfter`) is not asked again. Default: 10. */
  readonly maxDelay?: number | undefined;
  /** By what the delay grows with each retry. Default: 2. */
  readonly factor?: number | undefined;
  /** `"full"` waits for a random part of the delay, so that clients which failed together do not come back together. Default: `"full"`. */
  readonly jitter?: "full" | "none" | undefined;
  /** Whether an error is worth a retry. Default: codes `unavailable`, `timeout` and `rate_limited`. */
  readonly when?: ((error: unknown) => boolean) | undefined;
  /** Ends the waiting with code `aborted`, and all retries from then on. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A store that tries again what failed for a moment, after growing delays; what it throws in the end has the last error
 * as its cause. A delete whose first reply was lost finds nothing to delete the second time. A swap is repeated where the
 * driver says `repeatableSwap`, otherwise only when it was refused (`rate_limited`), since it may have happened.
 */
export function retry<S extends AsyncKeyValue>(store: S, options: RetryOptions = {}): Wrapped<S> {
  checkOptions(options, { when: "function" });
  const { minDelay = 0.1, maxDelay = 10, factor = 2, jitter = "full", when = worthIt, signal } = options;
  const [least, most] = [delay(minDelay, "minDelay"), delay(maxDelay, "maxDelay")];
  const retries = count(options.retries ?? 3, "retries", 0);
  oneOf(jitter, "jitter", ["full", "none"]);
  abortable(signal);
  if (!(Number.isFinite(factor) && factor >= 1)) throw new TypeError("factor must be a number of at least 1");
  return wrap(store, (driver) =>
    intercept(driver, async ({ operation, collection, keys }, proceed) => {
      for (let retried = 0; ; retried++) {
        try {
          return await proceed();
        } catch (cause) {
          const known: Partial<KeyValueError> = cause instanceof KeyValueError ? cause : {};
          const { code = "backend", retryAfter = 0, failed } = known;
          const unsafe = !REPEATABLE.has(operation) && !driver.repeatableSwap && code !== "rate_limited";
          if (unsafe || !when(cause)) throw cause;
          const key = keys?.length === 1 ? keys[0] : undefined;
          const details = { store: driver.name, collection, key, failed, retryAfter: retryAfter || undefined, cause };
          if (retried === retries || retryAfter * 1000 > most) {
            throw new KeyValueError(code, `gave up after ${retried} retries`, details);
          }
          const wait = Math.min(most, least * factor ** retried) * (jitter === "full" ? Math.random() : 1);
          await pause(Math.min(most, retryAfter * 1000 + wait), signal);
          if (signal?.aborted) throw new KeyValueError("aborted", "the signal ended the retries", details);
        }
      }
    }),
  );
}

/** What can be sent again although it may have happened: all but swaps and other atomic operations. */
const REPEATABLE: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...["read", "write", "remove", "listKeys", "listCollections", "destroyCollection", "destroy", "cull"],
]);

function worthIt(error: unknown): boolean {
  return error instanceof KeyValueError && ["unavailable", "timeout", "rate_limited"].includes(error.code);
}
