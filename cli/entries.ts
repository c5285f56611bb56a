import type { AnyDriver } from "../src/core/driver.ts";
import type { Entry } from "../src/core/entry.ts";
import type { KeyValueError } from "../src/core/errors.ts";
import { concernsEntries, entryFailure } from "../src/migration/entry-failures.ts";

/** An entry, none, or why it cannot be read. */
export type Found = Entry | KeyValueError | undefined;

/** How many entries to read at a time. */
const BULK = 100;

/** Reads entries, one by one if one of them cannot be read. */
export async function entriesOf(
  { read }: AnyDriver,
  collection: string,
  keys: readonly string[],
): Promise<(readonly [key: string, found: Found])[]> {
  const all: [string, Found][] = [];
  for (let at = 0; at < keys.length; at += BULK) {
    const some = keys.slice(at, at + BULK);
    try {
      const entries = await read(collection, some);
      for (const [i, key] of some.entries()) all.push([key, entries[i]]);
    } catch (error) {
      if (!concernsEntries(error)) throw error;
      for (const key of some) {
        let entry: Entry | undefined;
        const one = async () => void ([entry] = await read(collection, [key]));
        const failure = await entryFailure(one, collection, key);
        all.push([key, failure ?? entry]);
      }
    }
  }
  return all;
}
