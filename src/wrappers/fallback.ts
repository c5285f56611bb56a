import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { several } from "../combinators/several.ts";
import { checkOptions } from "../core/checks.ts";
import type { AnyDriver, Awaitable } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { toDriver } from "../core/store.ts";

/** Options of {@link fallback}. */
export interface FallbackOptions {
  /**
   * Whether to turn to the secondary store after this error. Default: failures of the backend, which are the codes
   * `unavailable`, `timeout`, `overloaded`, `rate_limited` and `backend`, and what another library throws but a `TypeError`.
   */
  readonly on?: ((error: unknown) => boolean) | undefined;
  /** Whether writes and deletes turn to it, too. The primary will not know of them when it is back. Default: false. */
  readonly writes?: boolean | undefined;
}

/**
 * A store that reads from a secondary one while the primary fails. Everything else goes to the primary alone: writes
 * unless told otherwise, listings, atomic operations with the reads that belong to them, `cull` and `destroy`. It counts
 * as eventually consistent, since the secondary need not know what the primary does.
 */
export function fallback<S extends AsyncKeyValue>(
  primary: S,
  secondary: AsyncKeyValue,
  options: FallbackOptions = {},
): Wrapped<S> {
  const { on = backendFailed, writes = false } = checkOptions(options, { on: "function", writes: "boolean" });
  const second: AnyDriver = toDriver(secondary);
  return wrap(primary, (first) => {
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
      const { code = "unavailable" } = failures[0] instanceof KeyValueError ? failures[0] : {};
      const details = { store: first.name, cause: new AggregateError(failures) };
      throw new KeyValueError(code, `failed, and so did ${second.name} in its place`, details);
    }
    return {
      ...first,
      ...several([first, second]),
      // However strong both are: during an outage the secondary answers, and need not know of the last writes.
      consistency: "eventual",
      read: (collection, keys, how) =>
        how?.fresh ? first.read(collection, keys, how) : either((driver) => driver.read(collection, keys, how)),
      ...(writes && {
        write: (collection, items) => either((driver) => driver.write(collection, items)),
        remove: (collection, keys) => either((driver) => driver.remove(collection, keys)),
      }),
    };
  });
}

function backendFailed(error: unknown): boolean {
  if (!(error instanceof KeyValueError)) return !(error instanceof TypeError);
  return ["unavailable", "timeout", "overloaded", "rate_limited", "backend"].includes(error.code);
}
