import type { AnyDriver, Awaitable } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { readNewer } from "./moving.ts";

type Item = readonly [key: string, entry: Entry];

/** Makes a change in the new store, then in the old one, unless the change was a refused swap. */
export type Follow = <R>(collection: string, items: readonly Item[], change: () => Awaitable<R>) => Promise<R>;

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
  /** Two writers may reach the two stores in different orders, so repeat this for each entry that has changed in the new one. */
  async function follow(collection: string, items: readonly Item[]): Promise<void> {
    let rest = items;
    while (rest.length > 0) {
      const kept = write === "both" ? rest.filter(([, entry]) => live(entry)) : [];
      const stays = new Set(kept);
      const gone = rest.flatMap((item) => (stays.has(item) ? [] : [item[0]]));
      if (kept.length > 0) await older.write(collection, kept);
      if (gone.length > 0) await older.remove(collection, gone);
      if (write === "to") return;
      const followed = new Map(rest);
      const now = await itemsIn(
        collection,
        rest.map(([key]) => key),
      );
      rest = now.filter(([key, entry]) => !looksLike(entry, followed.get(key)));
    }
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
