import type { ReadOptions } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";
import type { JsonValue } from "../core/json.ts";
import { endOf, type Result } from "./results.ts";
import type { Place, Stamps } from "./stamps.ts";
import { areTags, type Tags } from "./tags.ts";

/** The right to make the next result. A caller that takes over from a dead holder keeps the id. */
export interface Lease {
  readonly id: string;
  /** Who has it, another string each time it is taken. */
  readonly holder: string;
  /** Grows each time the holder renews it. */
  readonly beat: number;
  /** Milliseconds without a renewal after which the holder counts as gone. */
  readonly length: number;
  /** When the lease ends, by the holder's clock, in epoch milliseconds. */
  readonly until: number;
}

/** How the last attempt to make a result ended without one. It tells those who wait for that attempt. */
export interface Ending {
  readonly id: string;
  readonly how: "failed" | "unkept";
}

/** What is under a key: a result, the lease of who makes the next one, how the last attempt ended. */
export interface Slot {
  readonly result?: Result | undefined;
  readonly lease?: Lease | undefined;
  readonly ending?: Ending | undefined;
  readonly version?: string | undefined;
  /** What the stamps of tags said at that moment: those of the result, and those that the key had before. */
  readonly stamps?: Stamps | undefined;
  /** When the reading began, among the moments of this isolate. */
  readonly moment?: number | undefined;
}

/** Milliseconds that a lease stays in the store, since a holder that is slower than its lease may still finish. */
const LEASE_LINGER = 300_000;

/** Milliseconds that an ending stays in the store: longer than the longest pause between two looks. */
const ENDING_LINGER = 5000;

/** The longest lease that counts, in milliseconds; a longer one is damaged. */
const LONGEST_LEASE = 60_000;

/**
 * Results and leases in a store, one entry per key.
 *
 * With `swap`, a result replaces the lease under which it was made and nothing else. When another result was first, when
 * a newer lease was forced, or when the entry was removed, the result is dropped.
 */
export interface Slots {
  /** Whether callers use leases to agree on who makes a result. */
  readonly leases: boolean;
  find(keys: readonly string[], fresh?: boolean): Promise<Slot[]>;
  /** Puts a lease in place of what was seen. Returns the slot with the lease, or the one that somebody else changed. */
  take(key: string, seen: Slot, lease: Lease): Promise<Taken>;
  /**
   * Ends the lease of a slot. A result only needs a lease with the same id, whoever holds it now; an ending needs the
   * same holder. A slot without a version is looked up first.
   */
  settle(key: string, held: Slot, outcome: LeaseOutcome): Promise<void>;
  /** Writes results without leases. */
  write(results: readonly (readonly [key: string, result: Result])[]): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
}

/** Whether a lease was taken, and what is there now. */
export interface Taken {
  readonly ok: boolean;
  readonly slot: Slot;
}

/**
 * What a slot has after its lease: a result, or how the attempt ended. A failure leaves the old result. `released` tells
 * nobody: those who wait take the lease, one after the other.
 */
export type LeaseOutcome = { readonly result: Result } | { readonly ending: Ending["how"] | "released" };

/** @param leases Whether leases are wanted. */
export function slots({ driver, collection }: Place, tags: Tags, leases: boolean): Slots {
  const { write, remove, swap } = driver;

  const find: Slots["find"] = async (keys, fresh = false) => {
    const options = fresh ? { fresh } : undefined;
    const { entries, stamps } = await tags.read(keys, options);
    return judged(
      keys,
      keys.map((_, i) => toSlot(entries[i])),
      stamps,
      options,
    );
  };

  /** Slots without the results that were invalidated by a tag, and with the stamps that say so. */
  async function judged(
    keys: readonly string[],
    found: readonly Slot[],
    known: Stamps | undefined,
    options?: ReadOptions,
  ): Promise<Slot[]> {
    const names = found.flatMap(({ result }) => result?.tags?.map(([name]) => name) ?? []);
    const stamps = await tags.complete(names, known, options);
    return found.map((slot, i) => ({
      ...slot,
      stamps,
      result: slot.result && tags.judge(keys[i] as string, slot.result, stamps),
    }));
  }

  return {
    leases: leases && swap !== undefined,
    find,

    async take(key, seen, lease) {
      // Without a version, what was seen may be a copy of what is gone by now: the swap would bring it back.
      const isEmpty = !seen.result && !seen.lease && !seen.ending;
      if (seen.version === undefined && !isEmpty) return { ok: false, slot: (await find([key], true))[0] as Slot };
      const next = { ...seen, lease };
      const swapped = await swap!(collection, key, seen.version, toEntry(next));
      if (swapped.ok) return { ok: true, slot: { ...next, version: swapped.version } };
      const [slot] = (await judged([key], [toSlot(swapped.current)], undefined, { fresh: true })) as [Slot];
      const stamps = new Map([...(seen.stamps ?? []), ...(slot.stamps ?? [])]);
      // A client that sent the swap again may be told that it has already happened.
      return { ok: slot.lease?.holder === lease.holder, slot: { ...slot, stamps } };
    },

    async settle(key, held, outcome) {
      let seen = held.version === undefined ? (await find([key], true))[0]! : held;
      while (seen.lease?.id === held.lease?.id) {
        if ("ending" in outcome && seen.lease?.holder !== held.lease?.holder) return;
        const swapped = await swap!(collection, key, seen.version, toEntry(after(seen, outcome)));
        if (swapped.ok) return;
        seen = toSlot(swapped.current);
      }
    },

    write: async (results) => {
      const entries = results.map(([key, result]) => [key, toEntry({ result })] as const);
      const items = entries.filter((item): item is [string, Entry] => item[1] !== undefined);
      if (items.length > 0) await write(collection, items);
    },

    remove: async (keys) => void (await remove(collection, keys)),
  };
}

function after({ result, lease }: Slot, outcome: LeaseOutcome): Slot {
  if ("result" in outcome) return outcome;
  const { ending: how } = outcome;
  if (how === "released") return {};
  return { result: how === "failed" ? result : undefined, ending: lease && { id: lease.id, how } };
}

/** An entry for a slot; nothing when none of its parts is of use any more. */
function toEntry({ result, lease, ending }: Slot): Entry | undefined {
  const now = Date.now();
  const linger = lease ? LEASE_LINGER : ending ? ENDING_LINGER : 0;
  const expiresAt = Math.max(result ? endOf(result) : 0, now + linger);
  if (expiresAt <= now) return undefined;
  const times = result && { at: result.at, fresh: result.fresh, stale: result.stale, onError: result.onError };
  const inner = {
    ...times,
    ...(result?.validate !== undefined && { validate: result.validate }),
    ...(result?.tags && { tags: result.tags.map((tag) => [...tag]) }),
    ...(lease && { lease: { ...lease } }),
    ...(ending && { ending: { ...ending } }),
  };
  return {
    value: { __cached__: inner, ...(result?.value !== undefined && { value: result.value }) },
    createdAt: result?.at ?? now,
    expiresAt,
  };
}

/** Reads an entry. What is not of this kind counts as nothing, and so does a part of it that is damaged. */
function toSlot(entry: Entry | undefined): Slot {
  const { __cached__: inner, value }: { __cached__?: JsonValue; value?: JsonValue } = Object(entry?.value);
  const { at, fresh, stale, onError, validate, tags, lease, ending }: Record<string, unknown> = Object(inner);
  const times = [at, fresh, stale, onError, validate ?? 0];
  const more = { ...(validate !== undefined && { validate }), ...(tags !== undefined && { tags }) };
  const result = { value, at, fresh, stale, onError, ...more } as Result;
  const isWhole = times.every(Number.isFinite) && (tags === undefined || areTags(tags));
  // A wrapper may have given the entry an earlier deadline than the result has, and a lease a later one.
  const end = isWhole ? Math.min(entry?.expiresAt ?? Number.POSITIVE_INFINITY, endOf(result)) : 0;
  return {
    version: entry?.version,
    result: end > Date.now() ? result : undefined,
    lease: isLease(lease) ? lease : undefined,
    ending: isEnding(ending) ? ending : undefined,
  };
}

function isLease(value: unknown): value is Lease {
  const { id, holder, beat, length, until } = Object(value) as Partial<Record<keyof Lease, unknown>>;
  const texts = [id, holder].every((text) => typeof text === "string");
  return texts && [beat, length, until].every(Number.isFinite) && (length as number) <= LONGEST_LEASE;
}

function isEnding(value: unknown): value is Ending {
  const { id, how } = Object(value) as Partial<Record<keyof Ending, unknown>>;
  return typeof id === "string" && (how === "failed" || how === "unkept");
}
