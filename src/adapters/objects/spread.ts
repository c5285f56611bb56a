import { CALL_UNITS } from "./operations.ts";
import { shardOf } from "./shard.ts";

/** What can be sent to a shard: a key, or a key with what is to be put there. */
export interface Sendable {
  readonly key: string;
  /** About how many UTF-16 units it takes on the way, its key included. */
  readonly units: number;
}

/** The first failure of {@link spread}, and the keys it was not done for; both unset when all went well. */
export interface SpreadResult {
  readonly error?: unknown;
  readonly failed: readonly string[];
}

/**
 * Spreads items over the shards of their keys and sends them on, to all shards at once, as many at a time as fit a call.
 *
 * `send` answers how many of its items are dealt with; the rest goes into the next call. Where it fails for a shard,
 * the others still go on.
 */
export async function spread<T extends Sendable>(
  shards: number,
  collection: string,
  items: readonly T[],
  send: (shard: number, items: readonly T[]) => Promise<number>,
): Promise<SpreadResult> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const shard = shards === 1 ? 0 : shardOf(collection, item.key, shards);
    const group = groups.get(shard);
    if (group) group.push(item);
    else groups.set(shard, [item]);
  }
  const errors: unknown[] = [];
  const failed: string[] = [];
  async function sendGroup(shard: number, group: readonly T[]): Promise<void> {
    for (let at = 0; at < group.length; ) {
      try {
        at += await send(shard, group.slice(at, endOfCall(group, at)));
      } catch (error) {
        errors.push(error);
        failed.push(...group.slice(at).map(({ key }) => key));
        return;
      }
    }
  }
  await Promise.all(Array.from(groups, ([shard, group]) => sendGroup(shard, group)));
  return { error: errors[0], failed };
}

/** Up to where the items from `at` on fit one call; one always does. */
function endOfCall(items: readonly Sendable[], at: number): number {
  let units = 0;
  let end = at;
  while (end < items.length && (units += 100 + (items[end] as Sendable).units) <= CALL_UNITS) end++;
  return Math.max(end, at + 1);
}
