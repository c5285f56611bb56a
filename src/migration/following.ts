import type { AnyDriver, Awaitable } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { inLanes } from "../core/lanes.ts";
import { readNewer } from "./moving.ts";

type Item = readonly [key: string, entry: Entry];

/** Makes a change in the new store, then in the old one, unless the change was a refused swap. */
export type Follow = <R>(collection: string, items: readonly Item[], change: () => Awaitable<R>) => Promise<R>;

/** How many entries to align at once. */
const LANES = 10;

/** Deadlines this close, in milliseconds, are the same: some backends return the time that is left, not the deadline. */
const DEADLINE_SLACK = 1000;

/** Whether two entries look the same to readers; an expired entry counts as missing. */
function looksLike(a: Entry | undefined, b: Entry | undefined): boolean {
  const [there, other] = [live(a), live(b)];
  if (!there || !other) return there === other;
  if (JSON.stringify(there.value) !== JSON.stringify(other.value)) return false;
  const never = Number.POSITIVE_INFINITY;
  const [ends, otherEnds] = [there.expiresAt ?? never, other.expiresAt ?? never];
  return ends === otherEnds || Math.abs(ends - otherEnds) <= DEADLINE_SLACK;
}

/**
 * Changes the new store first, always. The old one then gets the same change, or with `write: "to"` a removal: it must have
 * nothing left to show once the tombstone has expired.
 */
export function following(older: AnyDriver, newer: AnyDriver, write: "both" | "to"): Follow {
  const { swap } = older;

  /** Two writers may reach the two stores in different orders, so repeat this for each entry that has changed in the new one. */
  async function follow(collection: string, items: readonly Item[]): Promise<void> {
    let rest = items;
    while (rest.length > 0) {
      const kept = write === "both" ? rest.filter(([, entry]) => live(entry)) : [];
      const stays = new Set(kept);
      const gone = rest.flatMap((item) => (stays.has(item) ? [] : [item[0]]));
      // Only a swap keeps the deadline that is there.
      const whole = kept.map(([key, entry]): Item => [key, { ...entry, keepsDeadline: undefined }]);
      if (whole.length > 0) await older.write(collection, whole);
      if (gone.length > 0) await older.remove(collection, gone);
      if (write === "to") return;
      rest = await changedSince(collection, rest);
      if (swap) return await inLanes(rest, LANES, ([key]) => align(swap, collection, key));
    }
  }

  /**
   * Makes an entry of the old store like the new one's.
   *
   * With a swap it leaves that to a writer who comes in between, since each one compares the stores after its write. Otherwise
   * all writers of a busy key would repeat theirs until nobody writes any more.
   */
  async function align(swap: NonNullable<typeof older.swap>, collection: string, key: string): Promise<void> {
    for (let ended = false; !ended; ) {
      const [there] = await older.read(collection, [key], { fresh: true });
      // Read this afterwards: what it is now has to replace what was there before.
      const [item] = await itemsIn(collection, [key]);
      if (!item) return;
      const next = live(item[1]);
      const result = await swap(collection, key, live(there)?.version, next && { ...next, version: undefined });
      // A refusal may also mean that the entry has expired.
      if (result.ok) ended = (await changedSince(collection, [item])).length === 0;
      else ended = !there || live(there) !== undefined;
    }
  }

  /** Returns those of these items that the new store has otherwise now. */
  async function changedSince(collection: string, items: readonly Item[]): Promise<Item[]> {
    const followed = new Map(items);
    const now = await itemsIn(collection, [...followed.keys()]);
    return now.filter(([key, entry]) => !looksLike(entry, followed.get(key)));
  }

  /** Returns what the new store holds. It knows nothing of the keys that are left out, so they are left alone. */
  async function itemsIn(collection: string, keys: readonly string[]): Promise<Item[]> {
    const entries = await readNewer(newer, collection, keys, true);
    return keys.flatMap((key, i): Item[] => (entries[i] ? [[key, entries[i]]] : []));
  }

  return async (collection, items, change) => {
    let result: Awaited<ReturnType<typeof change>>;
    try {
      result = await change();
    } catch (error) {
      // Some of the change may have happened. The caller gets this failure, whatever becomes of the repair.
      try {
        const keys = items.map(([key]) => key);
        await follow(collection, await itemsIn(collection, keys));
      } catch {}
      throw error;
    }
    if ((Object(result) as { ok?: unknown }).ok !== false) await follow(collection, items);
    return result;
  };
}
