import type { AnyDriver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import type { KeyValueError } from "../core/errors.ts";
import { concernsEntries, entryFailure } from "./entry-failures.ts";
import { tokensFor } from "./tokens.ts";
import { unburied } from "./tombstones.ts";
import type { Batch } from "./transfer.ts";

/** Which entries of a store to copy. */
export interface SourceOptions {
  /** The names of the collections to copy. Default: all that the source lists. */
  readonly collections?: readonly string[] | undefined;
  /** How many entries to read and write at a time, and to hold in memory. Default: 100. */
  readonly batch?: number | undefined;
  readonly cursor?: string | undefined;
}

/** How many names of collections to ask for at a time. */
const COLLECTIONS_PER_PAGE = 100;

/** Yields the entries of a store, page after page. */
export async function* batchesOf(
  { name: store, read, listKeys, listCollections }: AnyDriver,
  { collections, batch: limit = 100, cursor }: SourceOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { tokenOf, positionOf } = await tokensFor(collections, store);
  const start = { names: collections ?? [], place: 0, keys: null, more: collections ? null : "" };
  let { names, place, keys, more } = cursor === undefined ? start : positionOf(cursor);
  for (;;) {
    const collection = names[place];
    if (collection === undefined) {
      if (more === null) return;
      const page = await listCollections!({ cursor: more || undefined, limit: COLLECTIONS_PER_PAGE });
      [names, place] = [page.names, 0];
      more = page.cursor ?? null;
      continue;
    }
    const page = await listKeys!(collection, { cursor: keys ?? undefined, limit });
    keys = page.cursor ?? null;
    if (keys === null) place++;
    const isLast = place >= names.length && more === null;
    const again = async (keys: readonly string[]) => read(collection, keys, { fresh: true });
    yield {
      collection,
      ...(await entriesOf(collection, page.names, again)),
      cursor: isLast ? undefined : tokenOf({ names, place, keys, more }),
      again,
    };
  }
}

/** Reads the entries under some keys, one by one if one of them cannot be read. */
async function entriesOf(
  collection: string,
  keys: readonly string[],
  read: (keys: readonly string[]) => Promise<readonly (Entry | undefined)[]>,
): Promise<Pick<Batch, "items" | "expired" | "failures">> {
  const items: [string, Entry][] = [];
  const failures: KeyValueError[] = [];
  const keep = (key: string, stored: Entry | undefined) => {
    // The source may be the new store of an earlier migration, with its tombstones.
    const entry = live(stored && unburied(stored));
    if (entry) items.push([key, entry]);
  };
  try {
    const entries = keys.length > 0 ? await read(keys) : [];
    for (const [i, key] of keys.entries()) keep(key, entries[i]);
  } catch (error) {
    if (!concernsEntries(error)) throw error;
    for (const key of keys) {
      const failure = await entryFailure(async () => keep(key, (await read([key]))[0]), collection, key);
      if (failure) failures.push(failure);
    }
  }
  return { items, failures, expired: keys.length - items.length - failures.length };
}
