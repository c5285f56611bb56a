import type { ReadOptions } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";
import type { Result } from "./results.ts";
import { type Ending, type Lease, type Slot, toEntry, toSlot } from "./slot.ts";
import type { Place, Stamps } from "./stamps.ts";
import type { Tags } from "./tags.ts";

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
