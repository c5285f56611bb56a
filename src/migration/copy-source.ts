import type { AnyDriver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { unburied } from "./tombstones.ts";
import { attempt, type Batch, concernsEntries } from "./transfer.ts";

/** Where to go on: in which collections, after which page of the first one's keys, and of which page of collections. */
type Position = readonly [collections: readonly string[], keys: string | null, more: string | null];

/** Starts a token, so that it can be told from a file name on a command line. */
const MARK = "ekv1.";

/** The entries of a store, page after page, of some collections or all. */
export async function* batchesOf(
  { name: store, read, listKeys, listCollections }: AnyDriver,
  { collections, batch: limit = 100, cursor }: SourceOptions,
): AsyncGenerator<Batch, void, undefined> {
  let [names, keys, more]: Position =
    cursor === undefined ? [collections ?? [], null, collections ? null : ""] : positionOf(cursor, store);
  for (;;) {
    const collection = names[0];
    if (collection === undefined) {
      if (more === null) return;
      const page = await listCollections!({ cursor: more || undefined, limit: 100 });
      names = page.names;
      more = page.cursor ?? null;
      continue;
    }
    const page = await listKeys!(collection, { cursor: keys ?? undefined, limit });
    keys = page.cursor ?? null;
    if (keys === null) names = names.slice(1);
    const rest = names.length > 0 || more !== null;
    const again = async (keys: readonly string[]) => read(collection, keys, { fresh: true });
    yield {
      collection,
      ...(await found(collection, page.names, again)),
      cursor: rest ? tokenOf([names, keys, more]) : undefined,
      again,
    };
  }
}

/** Which entries of a store to copy. */
export interface SourceOptions {
  /** Which collections, by name. Default: all that the source lists. */
  readonly collections?: readonly string[] | undefined;
  /** How many entries to read and write at a time; as many are in memory at once. Default: 100. */
  readonly batch?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The entries behind some keys. When one cannot be read all are read by themselves. */
async function found(
  collection: string,
  keys: readonly string[],
  read: (keys: readonly string[]) => Promise<readonly (Entry | undefined)[]>,
): Promise<Pick<Batch, "items" | "expired" | "failures">> {
  const items: [string, Entry][] = [];
  const failures: KeyValueError[] = [];
  const keep = (key: string, lying: Entry | undefined) => {
    // The source may be where an earlier migration went, with its tombstones still there.
    const entry = live(lying && unburied(lying));
    if (entry) items.push([key, entry]);
  };
  try {
    const entries = keys.length > 0 ? await read(keys) : [];
    for (const [i, key] of keys.entries()) keep(key, entries[i]);
  } catch (error) {
    if (!concernsEntries(error)) throw error;
    for (const key of keys) {
      const failure = await attempt(async () => keep(key, (await read([key]))[0]), collection, key);
      if (failure) failures.push(failure);
    }
  }
  return { items, failures, expired: keys.length - items.length - failures.length };
}

/** A position as text that survives a command line. */
function tokenOf(position: Position): string {
  const ascii = JSON.stringify(position).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return MARK + btoa(ascii).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function positionOf(token: string, store: string): Position {
  try {
    if (token.startsWith(MARK)) {
      const [names, keys, more] = JSON.parse(atob(token.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/")));
      const texts = [...names, keys ?? "", more ?? ""];
      if (texts.every((text) => typeof text === "string")) return [names, keys, more];
    }
  } catch {
    // Falls through to the error.
  }
  throw new KeyValueError("invalid_cursor", "this is no token of a copy", { store });
}
