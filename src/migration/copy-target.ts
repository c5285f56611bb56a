import type { AnyDriver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { inLanes } from "../core/lanes.ts";
import { concernsEntries, entryFailure } from "./entry-failures.ts";
import type { Batch, Written } from "./transfer.ts";

/** How to write entries to the target. */
export interface TargetOptions {
  /** Whether to replace entries that the target has. Default: `false`, they are left alone. */
  readonly overwrite?: boolean | undefined;
  /** Whether to count what would be copied and write nothing. Default: `false`. */
  readonly dryRun?: boolean | undefined;
  /** Whether to read back what was written and compare it. Default: `true`. */
  readonly verify?: boolean | undefined;
  /** How many atomic operations to have under way at once. Default: 10. */
  readonly concurrency?: number | undefined;
}

type Item = Batch["items"][number];

/**
 * Returns a function that writes batches to a store.
 *
 * Unless it may overwrite, it writes with `swap` where the target has it, so a writer that comes in between loses nothing.
 * Elsewhere it reads and writes, and a put between the two is overwritten.
 */
export function into(
  target: AnyDriver,
  { overwrite = false, dryRun = false, verify = true, concurrency = 10 }: TargetOptions,
): (batch: Batch) => Promise<Written> {
  const { read, write, swap } = target;

  /** Writes items in bulk, or one by one if the target refuses one of them; returns those that were written. */
  async function putAll(collection: string, items: readonly Item[], failures: KeyValueError[]): Promise<Item[]> {
    try {
      await write(collection, items);
      return [...items];
    } catch (error) {
      if (!concernsEntries(error)) throw error;
    }
    const written: Item[] = [];
    for (const item of items) {
      const failure = await entryFailure(() => write(collection, [item]), collection, item[0]);
      if (failure) failures.push(failure);
      else written.push(item);
    }
    return written;
  }

  /** Writes each item unless a live entry exists; returns the items written. */
  async function putAbsent(collection: string, items: readonly Item[], failures: KeyValueError[]): Promise<Item[]> {
    const written: Item[] = [];
    await inLanes(items, concurrency, async (item) => {
      const [key, { version: _, ...entry }] = item;
      const put = async () => {
        const { ok } = await swap!(collection, key, undefined, entry);
        if (ok) written.push(item);
      };
      const failure = await entryFailure(put, collection, key);
      if (failure) failures.push(failure);
    });
    return written;
  }

  /**
   * Reads back what was written and returns how many entries are the same. Entries that others changed in the meantime, in
   * the target or in the source, are not failures.
   */
  async function check(
    { collection, again }: Batch,
    items: readonly Item[],
    failures: KeyValueError[],
  ): Promise<number> {
    const keys = items.map(([key]) => key);
    const back = keys.length > 0 ? await read(collection, keys, { fresh: true }) : [];
    const wrong = items.filter(([, entry], i) => !same(entry, back[i]) && !isNewer(back[i], entry));
    const now = wrong.length > 0 ? await again?.(wrong.map(([key]) => key)) : undefined;
    for (const [i, [key, entry]] of wrong.entries()) {
      if (now && !same(entry, now[i])) continue;
      const details = { store: target.name, collection, key };
      if (live(entry)) failures.push(new KeyValueError("corrupted", "the target reads back something else", details));
    }
    return items.filter(([, entry], i) => same(entry, back[i])).length;
  }

  return async (batch) => {
    const { collection } = batch;
    const failures: KeyValueError[] = [];
    const alive = batch.items.filter(([, entry]) => live(entry));
    const keys = alive.map(([key]) => key);
    const there = overwrite || keys.length === 0 ? [] : await read(collection, keys, { fresh: true });
    const items = alive.filter((_, i) => !live(there[i]));
    let written = items;
    if (items.length > 0 && !dryRun) {
      written = await (swap && !overwrite ? putAbsent : putAll)(collection, items, failures);
    }
    const skipped = alive.length - written.length - failures.length;
    const verified = verify && !dryRun ? await check(batch, written, failures) : 0;
    return { copied: written.length, skipped, expired: batch.items.length - alive.length, verified, failures };
  };
}

/** Whether an entry is known to come from another put than the one that was copied. */
function isNewer(back: Entry | undefined, { createdAt }: Entry): boolean {
  return back?.createdAt !== undefined && createdAt !== undefined && back.createdAt !== createdAt;
}

/** By how much a deadline may move on the way, in milliseconds: some backends count in seconds. */
const DEADLINE_TOLERANCE = 1000;

/** Whether two entries hold the same value and end at the same time. */
function same({ value, expiresAt }: Entry, other: Entry | undefined): boolean {
  if (!other || !equal(value, other.value)) return false;
  if (expiresAt === undefined || other.expiresAt === undefined) return expiresAt === other.expiresAt;
  return Math.abs(expiresAt - other.expiresAt) <= DEADLINE_TOLERANCE;
}

function equal(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const names = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || names.length !== Object.keys(b).length) return false;
  type Named = { readonly [name: string]: JsonValue };
  return names.every((name) => Object.hasOwn(b, name) && equal((a as Named)[name], (b as Named)[name]));
}
