import type { Entry } from "../core/entry.ts";

/** Says that the entry under a key was removed. */
export const REMOVED: Entry = { value: "removed", expiresAt: 0 };

/** Returns what stands in the new store for a removal, for `keep` milliseconds; nothing if that is 0. */
export function tombstone(keep: number): Entry | undefined {
  return keep > 0 ? buried(REMOVED, keep) : undefined;
}

/**
 * Returns an entry that stays in the new store for at least `keep` milliseconds, even if it is a removal or ends sooner.
 *
 * The entry's own deadline is then its creation time, below zero, which no put can choose. The value stays as it is.
 */
export function buried({ value, createdAt, expiresAt, keepsDeadline }: Entry, keep: number): Entry {
  const keptUntil = Date.now() + keep;
  const ends = endOf({ value, createdAt, expiresAt });
  if (ends === undefined || ends >= keptUntil) return { value, createdAt, expiresAt, keepsDeadline };
  const stays = keep > 0 ? Math.max(expiresAt ?? 0, keptUntil) : ends;
  return { value, createdAt: -Math.max(1, ends), expiresAt: stays };
}

/** Undoes {@link buried}, except for the creation time. A removal, or an entry that has ended, comes back as expired. */
export function unburied(entry: Entry): Entry {
  return isBuried(entry) ? { value: entry.value, expiresAt: endOf(entry), version: entry.version } : entry;
}

/** Returns the time at which an entry ends, buried or not. */
function endOf(entry: Entry): number | undefined {
  if (!isBuried(entry)) return entry.expiresAt;
  // A wrapper or a backend may have moved the deadline forward meanwhile.
  return Math.min(-entry.createdAt, entry.expiresAt ?? Number.POSITIVE_INFINITY);
}

function isBuried(entry: Entry): entry is Entry & { readonly createdAt: number } {
  return entry.createdAt !== undefined && entry.createdAt < 0;
}
