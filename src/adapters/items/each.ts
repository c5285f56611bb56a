import { inLanes } from "../../core/lanes.ts";

/** How many calls for single names run at the same time. */
const LANES = 16;

/** Calls `run` for each item, some at a time, and returns the results in order. */
export async function each<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  await inLanes([...items.entries()], LANES, async ([i, item]) => {
    results[i] = await run(item);
  });
  return results;
}
