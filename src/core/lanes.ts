import type { Awaitable } from "./driver.ts";

/**
 * Calls `run` for each item, at most `lanes` at a time. After a failure it starts no further call, waits for those under way,
 * and throws the first failure.
 */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  run: (item: T) => Awaitable<unknown>,
): Promise<void> {
  if (items.length === 1) return void (await run(items[0]!));
  const failures: unknown[] = [];
  const rest = items.values();
  async function lane(): Promise<void> {
    for (const item of rest) {
      if (failures.length > 0) return;
      try {
        await run(item);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}
