import type { AnyDriver, Driver, ReadOptions } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { modify } from "../core/modify.ts";
import { fitting } from "./digest.ts";

/**
 * What an invalidation leaves under a tag. `id` is another one after every invalidation, `gone` after every one that is
 * not soft; each is "" where there was none.
 */
export interface Stamp {
  readonly id: string;
  readonly gone: string;
  /** When the last invalidation was, in epoch milliseconds, by the clock of its caller. */
  readonly at: number;
}

/** The stamps of tags at one moment; every tag that was asked for is there. */
export type Stamps = ReadonlyMap<string, Stamp>;

/** A collection of a store. */
export interface Place {
  readonly driver: AnyDriver;
  readonly collection: string;
}

/** Milliseconds for which a stamp is kept. */
const STAMP_LIFE = 30 * 86_400_000;

/** The most milliseconds for which a result with tags is used: a day less, so that none outlives a stamp that it needs. */
export const TAGGED_LIFE = STAMP_LIFE - 86_400_000;

export const NO_STAMP: Stamp = { id: "", gone: "", at: 0 };

export const NO_STAMPS: Stamps = new Map();

/**
 * Reads entries, and the stamps of tags. It is one bulk read where both are in one collection of one store, and two at the
 * same time elsewhere.
 */
export async function readWithStamps(
  results: Place,
  keys: readonly string[],
  stamps: Place,
  tags: readonly string[],
  options?: ReadOptions,
): Promise<{ readonly entries: readonly (Entry | undefined)[]; readonly stamps: Stamps }> {
  const { driver, collection } = results;
  const names = await Promise.all(tags.map(keyOf));
  if (keys.length > 0 && driver === stamps.driver && collection === stamps.collection) {
    const all = await driver.read(collection, [...keys, ...names], options);
    return { entries: all.slice(0, keys.length), stamps: stampsIn(tags, all.slice(keys.length)) };
  }
  const [entries, found] = await Promise.all([
    keys.length > 0 ? driver.read(collection, keys, options) : [],
    readStamps(stamps, names, options),
  ]);
  return { entries, stamps: stampsIn(tags, found) };
}

/** The failure says what could not be read: stamps may be in another store than results. */
async function readStamps({ driver, collection }: Place, names: readonly string[], options?: ReadOptions) {
  try {
    return await driver.read(collection, names, options);
  } catch (error) {
    const [code, why] = error instanceof KeyValueError ? [error.code, `: ${error.message}`] : ["backend" as const, ""];
    throw new KeyValueError(code, `the stamps of tags could not be read${why}`, { cause: error });
  }
}

/** Leaves a new stamp under each tag. */
export async function stamp({ driver, collection }: Place, tags: readonly string[], soft: boolean): Promise<void> {
  const id = crypto.randomUUID();
  const names = await Promise.all(tags.map(keyOf));
  if (!soft) {
    await driver.write(
      collection,
      names.map((name) => [name, stampEntry({ id, gone: id, at: Date.now() })] as const),
    );
    return;
  }
  // What is gone stays gone.
  const softened = (entry: Entry | undefined): Entry => stampEntry({ id, gone: stampIn(entry).gone, at: Date.now() });
  if (driver.swap) {
    await Promise.all(names.map((key) => modify(driver as Driver<"swap">, { collection, key }, softened)));
    return;
  }
  const entries = await driver.read(collection, names);
  await driver.write(
    collection,
    names.map((name, i) => [name, softened(entries[i])] as const),
  );
}

function stampEntry({ id, gone, at }: Stamp): Entry {
  return { value: { __tag__: { id, gone, at } }, createdAt: at, expiresAt: at + STAMP_LIFE };
}

const keyOf = async (tag: string): Promise<string> => `__tag__ ${await fitting(tag)}`;

function stampsIn(tags: readonly string[], entries: readonly (Entry | undefined)[]): Stamps {
  return new Map(tags.map((tag, i) => [tag, stampIn(entries[i])]));
}

/** Reads a stamp. Anything else counts as none. */
function stampIn(entry: Entry | undefined): Stamp {
  const { __tag__: inner }: { __tag__?: unknown } = Object(live(entry)?.value);
  const { id, gone, at } = Object(inner) as Partial<Record<keyof Stamp, unknown>>;
  return typeof id === "string" && typeof gone === "string" && Number.isFinite(at) ? (inner as Stamp) : NO_STAMP;
}
