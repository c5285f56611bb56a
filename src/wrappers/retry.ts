import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions, count, oneOf, refuse } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { abortable, delay, pause } from "../core/times.ts";

/** Options of {@link retry}; delays are in seconds. */
export interface RetryOptions {
  /** How often to try again after the first attempt. Default: 3. */
  readonly retries?: number | undefined;
  /** The delay before the first retry. Default: 0.1. */
  readonly minDelay?: number | undefined;
  /** The longest delay. If the backend asks for a longer one (`retryAfter`), the call fails at once. Default: 10. */
  readonly maxDelay?: number | undefined;
  /** By which factor the delay grows with each retry. Default: 2. */
  readonly factor?: number | undefined;
  /**
   * `"full"` waits for a random part of the delay, which keeps clients that failed together from coming back together;
   * `"none"` waits for all of it. Default: `"full"`.
   */
  readonly jitter?: "full" | "none" | undefined;
  /** Whether to retry after an error. Default: after the codes `unavailable`, `timeout` and `rate_limited`. */
  readonly when?: ((error: unknown) => boolean) | undefined;
  /** Ends the waiting with code `aborted`, and all later retries. */
  readonly signal?: AbortSignal | undefined;
}

/** Calls that do no harm when they happen twice: all except swaps and other atomic operations. */
const REPEATABLE: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...["read", "write", "remove", "listKeys", "listCollections", "destroyCollection", "destroy", "cull"],
]);

/**
 * Makes a store that retries calls after temporary failures, with growing delays. When all retries have failed, it throws an
 * error with the last failure as its cause. The failure of a call that is not retried is thrown as it is.
 *
 * A delete whose first reply was lost finds nothing to delete the second time. A swap is repeated where the driver says that
 * this is safe (`repeatableSwap`). Any other atomic operation may have happened, so only a refused one (`rate_limited`) is
 * repeated. Put `retry` inside of wrappers that change values, such as `encrypt`: a repeated swap must send the same bytes.
 *
 * @throws TypeError when an option is out of its range.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { retry } from "edge-key-value/wrappers/retry";
 * import { timeout } from "edge-key-value/wrappers/timeout";
 *
 * const store = retry(timeout(memoryStore(), { seconds: 2 }), { retries: 5 });
 * await store.get("k");
 * ```
 */
export function retry<S extends AsyncKeyValue>(store: S, options: RetryOptions = {}): Wrapped<S> {
  checkOptions(options, { when: "function" });
  const { retries = 3, minDelay = 0.1, maxDelay = 10, factor = 2, jitter = "full", when = isPassing, signal } = options;
  const shortest = delay(minDelay, "minDelay");
  const longest = delay(maxDelay, "maxDelay");
  count(retries, "retries", 0);
  oneOf(jitter, "jitter", ["full", "none"]);
  abortable(signal);
  if (!(Number.isFinite(factor) && factor >= 1)) refuse("factor", "a number of at least 1", factor);

  return wrap(store, (driver) =>
    intercept(driver, async ({ operation, collection, keys }, proceed) => {
      const mayRepeat = REPEATABLE.has(operation) || (operation === "swap" && driver.repeatableSwap);
      for (let retried = 0; ; retried++) {
        try {
          return await proceed();
        } catch (cause) {
          const known: Partial<KeyValueError> = cause instanceof KeyValueError ? cause : {};
          const { code = "backend", retryAfter = 0, failed } = known;
          if (!(mayRepeat || code === "rate_limited") || !when(cause)) throw cause;
          const key = keys?.length === 1 ? keys[0] : known.key;
          const details = { store: driver.name, collection, key, failed, retryAfter: retryAfter || undefined, cause };
          if (retried === retries || retryAfter * 1000 > longest) {
            if (retried === 0) throw cause;
            const problem = `gave up after ${retried} ${retried === 1 ? "retry" : "retries"}`;
            // Other messages than those of a KeyValueError may hold a secret.
            throw new KeyValueError(code, known.message ? `${known.message} (${problem})` : problem, details);
          }
          // The power may be Infinity, which times a delay of 0 would be NaN.
          const wait =
            Math.min(longest, shortest * Math.min(Number.MAX_VALUE, factor ** retried)) *
            (jitter === "full" ? Math.random() : 1);
          await pause(Math.min(longest, retryAfter * 1000 + wait), signal);
          if (signal?.aborted) throw new KeyValueError("aborted", "the signal ended the retries", details);
        }
      }
    }),
  );
}

function isPassing(error: unknown): boolean {
  return error instanceof KeyValueError && ["unavailable", "timeout", "rate_limited"].includes(error.code);
}
