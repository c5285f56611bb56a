import type { Awaitable } from "./driver.ts";
import { type ErrorDetails, KeyValueError } from "./errors.ts";
import { inLanes } from "./lanes.ts";

/**
 * Makes a call for each key of a bulk, at most `lanes` at a time. After a failure it still makes the other calls, and throws an
 * error that names the keys that failed.
 *
 * @param details Where the keys are, for that error.
 * @param failureOf Says what a failure of the call for a key means.
 */
export async function eachKey<T>(
  items: readonly (readonly [key: string, item: T])[],
  lanes: number,
  details: ErrorDetails,
  call: (item: T, key: string) => Awaitable<unknown>,
  failureOf: (cause: unknown, key: string) => KeyValueError,
): Promise<void> {
  const failures = new Map<string, KeyValueError>();
  await inLanes(items, lanes, async ([key, item]) => {
    try {
      await call(item, key);
    } catch (error) {
      failures.set(key, failureOf(error, key));
    }
  });
  const [cause] = failures.values();
  if (!cause) return;
  if (items.length === 1) throw cause;
  const failed = items.flatMap(([key]) => (failures.has(key) ? [key] : []));
  const key = failed.length === 1 ? failed[0] : undefined;
  const message = `${failed.length} of ${items.length} keys failed: ${cause.message}`;
  throw new KeyValueError(cause.code, message, { ...cause, ...details, key, failed, cause });
}
