import { fromUrlSafeBase64, toUrlSafeBase64 } from "../core/base64.ts";
import { fromBytes, toBytes } from "../core/bytes.ts";
import type { AnyDriver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { concernsEntries, entryFailure } from "./entry-failures.ts";
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

/** Where to go on. */
interface Position {
  /** The collections to copy before the next page of collections; the first may be half done. */
  readonly names: readonly string[];
  /** The cursor in the keys of the first of them; `null` for its start. */
  readonly keys: string | null;
  /** The cursor of the next page of collections, `""` for the first page, `null` when there is none. */
  readonly more: string | null;
}

/** How many names of collections to ask for at a time. */
const COLLECTIONS_PER_PAGE = 100;

/** Yields the entries of a store, page after page. */
export async function* batchesOf(
  { name: store, read, listKeys, listCollections }: AnyDriver,
  { collections, batch: limit = 100, cursor }: SourceOptions,
): AsyncGenerator<Batch, void, undefined> {
  const start: Position = { names: collections ?? [], keys: null, more: collections ? null : "" };
  let { names, keys, more } = cursor === undefined ? start : positionOf(cursor, store);
  for (;;) {
    const collection = names[0];
    if (collection === undefined) {
      if (more === null) return;
      const page = await listCollections!({ cursor: more || undefined, limit: COLLECTIONS_PER_PAGE });
      names = page.names;
      more = page.cursor ?? null;
      continue;
    }
    const page = await listKeys!(collection, { cursor: keys ?? undefined, limit });
    keys = page.cursor ?? null;
    if (keys === null) names = names.slice(1);
    const isLast = names.length === 0 && more === null;
    const again = async (keys: readonly string[]) => read(collection, keys, { fresh: true });
    yield {
      collection,
      ...(await entriesOf(collection, page.names, again)),
      cursor: isLast ? undefined : tokenOf({ names, keys, more }),
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

/** Starts a token, which tells it from a file name on a command line. */
const TOKEN_START = "ekv1.";

/** Writes a position as text that needs no quotes on a command line. */
function tokenOf({ names, keys, more }: Position): string {
  return TOKEN_START + toUrlSafeBase64(toBytes([names, keys, more])).replace(/=+$/, "");
}

function positionOf(token: string, store: string): Position {
  const position = token.startsWith(TOKEN_START) ? parsePosition(token.slice(TOKEN_START.length)) : undefined;
  if (position) return position;
  throw new KeyValueError("invalid_cursor", "the cursor is not the token of a copy", { store });
}

function parsePosition(text: string): Position | undefined {
  const bytes = fromUrlSafeBase64(text.padEnd(Math.ceil(text.length / 4) * 4, "="));
  if (!bytes) return undefined;
  try {
    const parts = fromBytes(bytes);
    if (!Array.isArray(parts) || parts.length !== 3) return undefined;
    const [names, keys, more] = parts;
    const isCursor = (part: unknown): part is string | null => part === null || typeof part === "string";
    const areNames = Array.isArray(names) && names.every((name): name is string => typeof name === "string");
    return areNames && isCursor(keys) && isCursor(more) ? { names, keys, more } : undefined;
  } catch {
    return undefined;
  }
}
