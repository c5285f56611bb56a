import type { AnyDriver, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { inLanes } from "../core/lanes.ts";
import { buried, unburied } from "./tombstones.ts";

/** How many entries to move at once. */
const LANES = 10;

/**
 * What a read does with an entry that only the old store has: leaves it there, moves it if the new store takes it, or moves
 * it and fails if the new store does not.
 */
type Move = "leave" | "may" | "must";

type Read = (collection: string, keys: readonly string[], move: Move) => Promise<(Entry | undefined)[]>;

/** Reads the new store, and the old one for the keys that the new one knows nothing of. */
export function moving(older: AnyDriver, newer: Driver<"swap">, keep: number): Read {
  /** Moves an entry unless the new store has one, and returns the new store's entry afterwards. */
  async function moved(collection: string, key: string, entry: Entry, move: Move): Promise<Entry | undefined> {
    if (move === "leave") return entry;
    try {
      const result = await newer.swap(collection, key, undefined, buried(entry, keep));
      return result.ok ? entry : result.current && unburied(result.current);
    } catch (error) {
      // A read has its entry already, whatever keeps the new store from taking it.
      if (move === "may") return entry;
      throw error;
    }
  }

  return async function read(collection, keys, move) {
    const fresh = move === "must";
    const known = await readNewer(newer, collection, keys, fresh);
    const missing = [...new Set(keys.filter((_, i) => !known[i]))];
    if (missing.length === 0) return known;
    let old: readonly (Entry | undefined)[];
    try {
      // What moves becomes the truth, so it must come from no cache, fallback or default.
      old = await older.read(collection, missing, { fresh: move !== "leave" });
    } catch (error) {
      // A read that moves nothing may still find an entry in a cache or fallback of the old store.
      if (move === "may") return await read(collection, keys, "leave");
      throw error;
    }
    const found = new Map<string, Entry | undefined>();
    const toMove = missing.flatMap((key, i) => (live(old[i]) ? [[key, old[i] as Entry] as const] : []));
    await inLanes(toMove, LANES, async ([key, entry]) => found.set(key, await moved(collection, key, entry, move)));
    // Only entries that come from the new store have a version to swap.
    const final = fresh && found.size > 0 ? await readNewer(newer, collection, missing, fresh) : undefined;
    const all = final ? new Map(missing.map((key, i) => [key, final[i]])) : found;
    return keys.map((key, i) => known[i] ?? all.get(key));
  };
}

/** Returns what the new store holds. A tombstone comes back as an expired entry. */
export async function readNewer(
  newer: AnyDriver,
  collection: string,
  keys: readonly string[],
  fresh: boolean,
): Promise<(Entry | undefined)[]> {
  const entries = await newer.read(collection, keys, { fresh });
  return entries.map((entry) => entry && unburied(entry));
}
