import type { Entry } from "../core/entry.ts";
import type { Result } from "./results.ts";
import type { Runs } from "./runs.ts";
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

/**
 * @param leases Whether leases are wanted.
 * @param moment Counts the moments of this isolate.
 */
export function slots({ driver, collection }: Place, tags: Tags, leases: boolean, moment: Runs["moment"]): Slots {
  const { write, remove, swap } = driver;

  const find: Slots["find"] = async (keys, fresh = false) => {
    const began = moment();
    const options = fresh ? { fresh } : undefined;
    const { entries, stamps } = await tags.read(keys, options);
    const found = keys.map((_, i) => toSlot(entries[i]));
    const named = tagsIn(found);
    const all = named.length > 0 ? await tags.complete(named, stamps, options) : stamps;
    return found.map((slot, i) => judged(keys[i] as string, slot, all, began));
  };

  /** A slot without the result if that was invalidated by a tag, and with the stamps that say so. */
  function judged(key: string, slot: Slot, stamps: Stamps, began?: number): Slot {
    const { lease, ending, version } = slot;
    const result = slot.result && tags.judge(key, slot.result, stamps);
    return { result, lease, ending, version, stamps, moment: began };
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
      const found = toSlot(swapped.current);
      const now = await tags.complete(tagsIn([found]), undefined, { fresh: true });
      const stamps = new Map([...(seen.stamps ?? []), ...now]);
      // A client that sent the swap again may be told that it has already happened.
      return { ok: found.lease?.holder === lease.holder, slot: { ...judged(key, found, now), stamps } };
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

/** The names of the tags of results. */
function tagsIn(found: readonly Slot[]): readonly string[] {
  const tagged = found.filter(({ result }) => result?.tags);
  return tagged.flatMap(({ result }) => result?.tags?.map(([name]) => name) ?? []);
}

function after({ result, lease }: Slot, outcome: LeaseOutcome): Slot {
  if ("result" in outcome) return outcome;
  const { ending: how } = outcome;
  if (how === "released") return {};
  return { result: how === "failed" ? result : undefined, ending: lease && { id: lease.id, how } };
}
