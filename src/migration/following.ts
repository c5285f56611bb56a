import type { AnyDriver, Awaitable } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { lying } from "./moving.ts";

type Item = readonly [key: string, entry: Entry];

/** Makes a change in the new store and lets the old one follow, unless the change was a swap that was refused. */
type Follow = <R>(collection: string, items: readonly Item[], change: () => Awaitable<R>) => Promise<R>;

/** What readers see of an entry, to compare; nothing of one that has ended. */
const seen = (entry: Entry): string => (live(entry) ? JSON.stringify([entry.value, entry.expiresAt]) : "");

/**
 * The new store is always changed first. The old one then gets the same, or with `write: "to"` a removal, so that it has
 * nothing to give once the tombstone is gone.
 */
export function following(older: AnyDriver, newer: AnyDriver, write: "both" | "to"): Follow {
  /** Two writers may reach the stores in different orders, so whoever finds another entry in the new one goes on. */
  async function follow(collection: string, items: readonly Item[]): Promise<void> {
    for (let rest = items; rest.length > 0; ) {
      const kept = write === "both" ? rest.filter(([, entry]) => live(entry)) : [];
      const gone = rest.flatMap((item) => (kept.includes(item) ? [] : [item[0]]));
      if (kept.length > 0) await older.write(collection, kept);
      if (gone.length > 0) await older.remove(collection, gone);
      if (write === "to") return;
      const before = new Map(rest);
      const now = await held(
        collection,
        rest.map(([key]) => key),
      );
      rest = now.filter(([key, entry]) => seen(entry) !== seen(before.get(key) as Entry));
    }
  }

  /** What the new store holds; keys of which it knows nothing are left out, and left alone. */
  async function held(collection: string, keys: readonly string[]): Promise<Item[]> {
    const entries = await lying(newer, collection, keys, true);
    return keys.flatMap((key, i): Item[] => (entries[i] ? [[key, entries[i]]] : []));
  }

  return async (collection, items, change) => {
    let result: Awaited<ReturnType<typeof change>>;
    try {
      result = await change();
    } catch (error) {
      // Some of it may have happened.
      const keys = items.map(([key]) => key);
      const lies = held(collection, keys);
      await lies.then((items) => follow(collection, items)).catch(() => {});
      throw error;
    }
    if (Object(result).ok !== false) await follow(collection, items);
    return result;
  };
}
