import type { AnyDriver, Awaitable } from "../../driver.ts";
import { KeyValueError } from "../../errors.ts";

/** What several drivers as one are as a whole: as consistent as the weakest, and closed together. */
export function several(drivers: readonly AnyDriver[]): Pick<AnyDriver, "consistency" | "close"> {
  const close = async () => void (await Promise.all(drivers.map((driver) => driver.close?.())));
  return {
    consistency: drivers.every((driver) => driver.consistency === "strong") ? "strong" : "eventual",
    ...(drivers.some((driver) => driver.close) && { close }),
  };
}

/**
 * Makes the calls for the parts of a bulk that have keys, all at once. When some of them fail the error names the keys of
 * all that failed.
 */
export async function together<R>(
  parts: readonly (readonly [keys: readonly string[], call: () => Awaitable<R>])[],
): Promise<R[]> {
  const failed: string[] = [];
  const asked = parts.filter(([keys]) => keys.length > 0);
  const calls = asked.map(([keys, call]) =>
    (async () => call())().catch((error) => {
      failed.push(...((error instanceof KeyValueError && error.failed) || keys));
      throw error;
    }),
  );
  await Promise.allSettled(calls);
  return Promise.all(calls).catch((cause) => {
    if (calls.length === 1 || !(cause instanceof KeyValueError)) throw cause;
    throw new KeyValueError(cause.code, cause.message, { ...cause, key: undefined, failed, cause });
  });
}
