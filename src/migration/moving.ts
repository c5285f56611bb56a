import type { AnyDriver, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { buried, unburied } from "./tombstones.ts";

/** Whether what is found in the old store is left there, moved if the new one takes it, or has to be moved. */
export type Move = "leave" | "may" | "must";

type Read = (collection: string, keys: readonly string[], move: Move) => Promise<(Entry | undefined)[]>;

/** Reads the new store, and the old one for what the new one knows nothing of. */
export function moving(older: AnyDriver, newer: Driver<"swap">, keep: number): Read {
  /** Moves an entry, unless something has come before it: then it answers with that. */
  async function moved(collection: string, key: string, entry: Entry, move: Move): Promise<Entry | undefined> {
    if (move === "leave") return entry;
    try {
      const result = await newer.swap(collection, key, undefined, buried(entry, keep));
      return result.ok ? entry : result.current && unburied(result.current);
    } catch (error) {
      // Readers go on to find in the old store what does not fit into the new one.
      if (move === "must" || Object(error).code !== "too_large") throw error;
      return entry;
    }
  }

  return async (collection, keys, move) => {
    const fresh = move === "must";
    const known = await lying(newer, collection, keys, fresh);
    const missing = [...new Set(keys.filter((_, i) => !known[i]))];
    if (missing.length === 0) return known;
    const old = await older.read(collection, missing, { fresh });
    const found = await Promise.all(
      missing.map((key, i) => {
        const entry = live(old[i]);
        return entry && moved(collection, key, entry, move);
      }),
    );
    // Only what comes from the new store has a version to swap.
    const final = fresh && found.some(Boolean) ? await lying(newer, collection, missing, fresh) : found;
    const all = new Map(missing.map((key, i) => [key, final[i]]));
    return keys.map((key, i) => known[i] ?? all.get(key));
  };
}

/** What the new store holds, what has ended included. */
export async function lying(
  newer: AnyDriver,
  collection: string,
  keys: readonly string[],
  fresh: boolean,
): Promise<(Entry | undefined)[]> {
  const entries = await newer.read(collection, keys, { fresh });
  return entries.map((entry) => entry && unburied(entry));
}
