import type { AnyDriver, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { inLanes } from "../core/lanes.ts";
import { modify } from "../core/modify.ts";
import type { Follow } from "./following.ts";
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
  async function bury(
    collection: string,
    key: string,
    known: Entry | undefined,
    old: Entry | undefined,
  ): Promise<boolean> {
    let removed = false;
    const change = (stored: Entry | undefined): Entry | undefined => {
      removed = live(stored ? unburied(stored) : old) !== undefined;
      const isTombstone = stored && !removed;
      return isTombstone ? stored : tombstone(keep);
    };
    const begun = { entry: known, next: Promise.resolve(change(known)) };
    await modify(newer, { collection, key }, change, undefined, begun);
    return removed;
  }

  return async (collection, keys) => {
    const stored = await newer.read(collection, keys, { fresh: true });
    const known = new Map(keys.map((key, i) => [key, live(stored[i])]));
    const unknown = keys.filter((key) => !known.get(key));
    // The old store has to be read before the tombstone is there: after that, others may write the entry anew.
    const found = unknown.length > 0 ? await older.read(collection, unknown, { fresh: true }) : [];
    const old = new Map(unknown.map((key, i) => [key, found[i]]));
    const removals = keys.map((key) => [key, REMOVED] as const);
    let removed = 0;
    await follow(collection, removals, () =>
      inLanes(keys, LANES, async (key) => {
        if (await bury(collection, key, known.get(key), old.get(key))) removed++;
      }),
    );
    return removed;
  };
}
