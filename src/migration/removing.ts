import type { AnyDriver, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { inLanes } from "../core/lanes.ts";
import { modify } from "../core/modify.ts";
import type { Follow } from "./following.ts";
import { readNewer } from "./moving.ts";
import { REMOVED, tombstone, unburied } from "./tombstones.ts";

/** How many swaps to have under way at once. */
const LANES = 10;

/**
 * Removes entries and returns how many there were.
 *
 * Only a swap can tell one of several callers that it was the one who removed an entry, so each key is a swap of its own.
 */
export function removing(
  older: AnyDriver,
  newer: Driver<"swap">,
  follow: Follow,
  keep: number,
): (collection: string, keys: readonly string[]) => Promise<number> {
  /** Puts a tombstone over the entry in the new store, or where the entry of the old one would move to. */
  async function bury(collection: string, key: string, inOlder: boolean): Promise<boolean> {
    let removed = false;
    const change = (stored: Entry | undefined): Entry | undefined => {
      removed = stored ? live(unburied(stored)) !== undefined : inOlder;
      const isTombstone = stored && !removed;
      return isTombstone ? stored : tombstone(keep);
    };
    // Without tombstones there is nothing to put where nothing is, so a blind swap would not look.
    await modify(newer, { collection, key }, change, { blind: keep > 0 });
    return removed;
  }

  return async (collection, keys) => {
    // The old store has to be read first: once the tombstone is there, others may write the entry anew.
    const known = await readNewer(newer, collection, keys, true);
    const unknown = keys.filter((_, i) => !known[i]);
    const old = unknown.length > 0 ? await older.read(collection, unknown, { fresh: true }) : [];
    const inOlder = new Set(unknown.filter((_, i) => live(old[i])));
    const removals = keys.map((key) => [key, REMOVED] as const);
    const removed = await follow(collection, removals, () =>
      inLanes(keys, LANES, (key) => bury(collection, key, inOlder.has(key))),
    );
    return removed.filter(Boolean).length;
  };
}
