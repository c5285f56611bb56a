import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { several } from "../combinators/several.ts";
import { checkOptions } from "../core/checks.ts";
import type { AnyDriver, Awaitable } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { toDriver } from "../core/store.ts";

/** Options of {@link fallback}. */
export interface FallbackOptions {
  /**
   * Whether to turn to the secondary store after this error. Default: failures of the backend. These are the codes
   * `unavailable`, `timeout`, `overloaded`, `rate_limited` and `backend`, and errors of other libraries except `TypeError`.
   */
  readonly on?: ((error: unknown) => boolean) | undefined;
  /**
   * Whether writes and deletes turn to the secondary store as well. The primary does not learn of them when it is back.
   * Default: `false`.
   */
  readonly writes?: boolean | undefined;
}

/**
 * Makes a store that reads from a secondary store while the primary fails.
 *
 * Everything else goes to the primary alone: writes (unless `writes` is set), listings, atomic operations with the reads that
 * belong to them, `cull` and `destroy`. The store is eventually consistent, since the secondary store need not have what the
 * primary has.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { fallback } from "edge-key-value/wrappers/fallback";
 *
 * const [primary, secondary] = [memoryStore(), memoryStore()];
 * const store = fallback(primary, secondary);
 * await store.get("theme");
 * ```
 */
export function fallback<S extends AsyncKeyValue>(
  primary: S,
  secondary: AsyncKeyValue,
  options: FallbackOptions = {},
): Wrapped<S> {
  const { on = isBackendFailure, writes = false } = checkOptions(options, { on: "function", writes: "boolean" });
  const second: AnyDriver = toDriver(secondary);
  return wrap(primary, (first) => {
    /** Asks the primary, and the secondary store if that fails. */
    async function either<R>(ask: (driver: AnyDriver) => Awaitable<R>): Promise<R> {
      const failures: unknown[] = [];
      for (const driver of [first, second]) {
        try {
          return await ask(driver);
        } catch (error) {
          if (!on(error)) throw error;
          failures.push(error);
        }
      }
      const [failure] = failures;
      const known: Partial<KeyValueError> = failure instanceof KeyValueError ? failure : {};
      const details = { ...known, store: first.name, cause: new AggregateError(failures) };
      throw new KeyValueError(known.code ?? "unavailable", `${first.name} failed, and so did ${second.name}`, details);
    }
    return {
      ...first,
      ...several([first, second]),
      consistency: "eventual",
      // What the secondary store drops is missing only while the primary fails, unless it was written there alone.
      lossy: first.lossy || (writes && second.lossy) || undefined,
      read: (collection, keys, how) =>
        how?.fresh ? first.read(collection, keys, how) : either((driver) => driver.read(collection, keys, how)),
      ...(writes && {
        write: (collection, items) => either((driver) => driver.write(collection, items)),
        remove: (collection, keys) => either((driver) => driver.remove(collection, keys)),
      }),
    };
  });
}

function isBackendFailure(error: unknown): boolean {
  if (!(error instanceof KeyValueError)) return !(error instanceof TypeError);
  return ["unavailable", "timeout", "overloaded", "rate_limited", "backend"].includes(error.code);
}
