import type { AnyDriver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { attempt, type Batch, concernsEntries, type Written } from "./transfer.ts";

/** How entries get into the target. */
export interface TargetOptions {
  /** Whether to replace entries that the target has. Default: false, they are left alone. */
  readonly overwrite?: boolean | undefined;
  /** Only counts what would be copied. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Whether to read back what was written, and compare it. Default: true. */
  readonly verify?: boolean | undefined;
  /** How many atomic operations to have under way at once. Default: 10. */
  readonly concurrency?: number | undefined;
}

type Item = Batch["items"][number];

/**
 * Puts batches into a store.
 *
 * What may not be overwritten is put by `swap` where the target has it, so that no writer who comes in between loses
 * anything; elsewhere by a read and a write, between which one can.
 */
export function into(
  target: AnyDriver,
  { overwrite = false, dryRun = false, verify = true, concurrency = 10 }: TargetOptions,
): (batch: Batch) => Promise<Written> {
  const { read, write, swap } = target;

  /** Writes items in bulk, or one by one when the target does not take one of them; gives those that were written. */
  async function putAll(collection: string, items: readonly Item[], failures: KeyValueError[]): Promise<Item[]> {
    try {
      await write(collection, items);
      return [...items];
    } catch (error) {
      if (!concernsEntries(error)) throw error;
    }
    const written: Item[] = [];
    for (const item of items) {
      const failure = await attempt(() => write(collection, [item]), collection, item[0]);
      if (failure) failures.push(failure);
      else written.push(item);
    }
    return written;
  }

  /** Puts each item where nothing is that lives, and gives those that were put. */
  async function putAbsent(
    collection: string,
    items: readonly (readonly [item: Item, lying: Entry | undefined])[],
    failures: KeyValueError[],
  ): Promise<Item[]> {
    const written: Item[] = [];
    const rest = items.values();
    const lane = async () => {
      for (const [item, lying] of rest) {
        const [key, { version: _, ...entry }] = item;
        const put = async () => {
          let current = lying;
          for (;;) {
            const result = await swap!(collection, key, current?.version, entry);
            if (result.ok) return written.push(item);
            current = result.current;
            if (live(current)) return;
          }
        };
        const failure = await attempt(put, collection, key);
        if (failure) failures.push(failure);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
    return written;
  }

  /** Reads back what was written, and gives how much of it is right. What others have changed since is nobody's fault. */
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
    const lying = overwrite || keys.length === 0 ? [] : await read(collection, keys, { fresh: true });
    const free = alive.flatMap((item, i) => (live(lying[i]) ? [] : [[item, lying[i]] as const]));
    const items = free.map(([item]) => item);
    let written = items;
    if (items.length > 0 && !dryRun) {
      written = await (swap && !overwrite
        ? putAbsent(collection, free, failures)
        : putAll(collection, items, failures));
    }
    const skipped = alive.length - written.length - failures.length;
    const verified = verify && !dryRun ? await check(batch, written, failures) : 0;
    return { copied: written.length, skipped, expired: batch.items.length - alive.length, verified, failures };
  };
}

/** Whether an entry is from another put than the one that was copied, as far as they say. */
function isNewer(back: Entry | undefined, { createdAt }: Entry): boolean {
  return back?.createdAt !== undefined && createdAt !== undefined && back.createdAt !== createdAt;
}

/** Whether two entries hold the same, and end at the same time but for what a store that counts in seconds is off by. */
function same(a: Entry, b: Entry | undefined): boolean {
  if (!b || !equal(a.value, b.value) || (a.expiresAt === undefined) !== (b.expiresAt === undefined)) return false;
  return a.expiresAt === undefined || Math.abs(a.expiresAt - (b.expiresAt as number)) <= 1000;
}

function equal(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const names = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || names.length !== Object.keys(b).length) return false;
  type Named = { readonly [name: string]: JsonValue };
  return names.every((name) => Object.hasOwn(b, name) && equal((a as Named)[name], (b as Named)[name]));
}
