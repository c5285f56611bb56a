import type { AnyDriver, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { buried, unburied } from "./tombstones.ts";

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
      // An entry that does not fit into the new store can still be read from the old one.
      if (move === "may" && error instanceof KeyValueError && error.code === "too_large") return entry;
      throw error;
    }
  }

  return async (collection, keys, move) => {
    const fresh = move === "must";
    const known = await readNewer(newer, collection, keys, fresh);
    const missing = [...new Set(keys.filter((_, i) => !known[i]))];
    if (missing.length === 0) return known;
    const old = await older.read(collection, missing, { fresh });
    const found = await Promise.all(
      missing.map((key, i) => {
        const entry = live(old[i]);
        return entry && moved(collection, key, entry, move);
      }),
    );
    // Only entries that come from the new store have a version to swap.
    const final = fresh && found.some(Boolean) ? await readNewer(newer, collection, missing, fresh) : found;
    const all = new Map(missing.map((key, i) => [key, final[i]]));
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
