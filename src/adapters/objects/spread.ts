import type { Placement } from "./placement.ts";
import { CALL_UNITS } from "./wire.ts";

/** What can be sent to an object: a key, or a key with what is to be put there. */
export interface Sendable {
  readonly key: string;
  /** About how many UTF-16 units it takes in transit, its key included. */
  readonly units: number;
}

/** The first failure of {@link spread} and the keys it failed for; both are missing when all went well. */
export interface SpreadResult {
  readonly error?: unknown;
  readonly failed: readonly string[];
}

/**
 * Spreads items over the objects of their keys and sends them, to all objects at once, as many at a time as fit in a call.
 *
 * `send` returns how many of its items are done; the rest goes into the next call. If it fails for one object, the others
 * still go on.
 */
export async function spread<T extends Sendable>(
  { objectOf }: Placement,
  collection: string,
  items: readonly T[],
  send: (object: string, items: readonly T[]) => Promise<number>,
): Promise<SpreadResult> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const object = objectOf(collection, item.key);
    const group = groups.get(object);
    if (group) group.push(item);
    else groups.set(object, [item]);
  }
  const errors: unknown[] = [];
  const failed: string[][] = [];
  async function sendGroup(object: string, group: readonly T[]): Promise<void> {
    for (let at = 0; at < group.length; ) {
      try {
        at += await send(object, group.slice(at, endOfCall(group, at)));
      } catch (error) {
        errors.push(error);
        failed.push(group.slice(at).map(({ key }) => key));
        return;
      }
    }
  }
  await Promise.all(Array.from(groups, ([object, group]) => sendGroup(object, group)));
  return { error: errors[0], failed: failed.flat() };
}

/** Where the items from `at` on no longer fit in one call; one always does. */
function endOfCall(items: readonly Sendable[], at: number): number {
  let units = 0;
  let end = at;
  while (end < items.length) {
    units += 100 + (items[end] as Sendable).units;
    if (units > CALL_UNITS) break;
    end++;
  }
  return Math.max(end, at + 1);
}
