import type { Awaitable } from "./driver.ts";

/**
 * Calls `run` for each item, at most `lanes` at a time, and returns the results in order.
 *
 * After a failure it starts no further call, waits for those under way, and throws the first failure.
 */
export async function inLanes<T, R>(items: readonly T[], lanes: number, run: (item: T) => Awaitable<R>): Promise<R[]> {
  if (items.length === 1) return [await run(items[0] as T)];
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  const rest = items.entries();
  async function lane(): Promise<void> {
    for (const [i, item] of rest) {
      if (failures.length > 0) return;
      try {
        results[i] = await run(item);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
