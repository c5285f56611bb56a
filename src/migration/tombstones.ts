import type { Entry } from "../core/entry.ts";

/** Stands for an entry that is not there. */
export const REMOVED: Entry = { value: "removed", expiresAt: 0 };

/**
 * An entry so that its place stays taken for at least `keep` milliseconds, also when it ends sooner or is a removal.
 *
 * It then lies there longer, and its creation time, which no put can choose, says below zero when it really ends. The
 * value stays as it is.
 */
export function buried({ value, createdAt, expiresAt, version: _ }: Entry, keep: number): Entry {
  const kept = Date.now() + keep;
  const ends = deadline({ value, createdAt, expiresAt });
  if (ends === undefined || ends >= kept) return { value, createdAt, expiresAt };
  return { value, createdAt: -Math.max(1, ends), expiresAt: keep > 0 ? Math.max(expiresAt as number, kept) : ends };
}

/** The entry as it was before {@link buried}, apart from its creation time; one that has ended counts as expired. */
export function unburied(entry: Entry): Entry {
  const { value, createdAt, version } = entry;
  return (createdAt as number) < 0 ? { value, expiresAt: deadline(entry), version } : entry;
}

/** When an entry ends; without one `min` would give `NaN`. */
function deadline({ createdAt, expiresAt }: Entry): number | undefined {
  return (createdAt as number) < 0
    ? Math.min(-(createdAt as number), expiresAt ?? Number.POSITIVE_INFINITY)
    : expiresAt;
}
