import type { Awaitable } from "./driver.ts";
import { KeyValueError } from "./errors.ts";

/**
 * Makes a call for each part of a bulk that has keys, all at once. If some of them fail, the error names the keys of all that
 * failed.
 */
export async function together<R>(
  parts: readonly (readonly [keys: readonly string[], call: () => Awaitable<R>])[],
): Promise<R[]> {
  const failed: (readonly string[])[] = [];
  const asked = parts.filter(([keys]) => keys.length > 0);
  const calls = asked.map(([keys, call]) =>
    (async () => call())().catch((error) => {
      failed.push((error instanceof KeyValueError && error.failed) || keys);
      throw error;
    }),
  );
  await Promise.allSettled(calls);
  return Promise.all(calls).catch((cause) => {
    if (calls.length === 1 || !(cause instanceof KeyValueError)) throw cause;
    throw new KeyValueError(cause.code, cause.message, { ...cause, key: undefined, failed: failed.flat(), cause });
  });
}
