import type { Operation } from "../operation.ts";

/** The arguments of {@link increment}: what to add, and the lifetime of a new counter in milliseconds (`null`: for ever). */
export type IncrementArgs = { readonly by: number; readonly life: number | null };

/** The sum, or why there is none. */
export type IncrementResult = { readonly sum: number } | { readonly error: "not_a_number" | "out_of_range" };

/** Adds to a number. A missing entry counts as 0; an existing one keeps its deadline. */
export const increment: Operation<IncrementArgs, IncrementResult> = {
  name: "increment",
  run(entry, { by, life }, now) {
    const before = entry ? entry.value : 0;
    if (typeof before !== "number") return { next: entry, result: { error: "not_a_number" } };
    const sum = before + by;
    // Beyond this, adding 1 may return the same number.
    if (Math.abs(sum) > Number.MAX_SAFE_INTEGER) return { next: entry, result: { error: "out_of_range" } };
    const times = entry
      ? { createdAt: entry.createdAt, expiresAt: entry.expiresAt, keepsDeadline: true as const }
      : { createdAt: now, expiresAt: life === null ? undefined : now + life };
    // Adding 0 turns -0 into 0, as JSON does.
    return { next: { value: sum + 0, ...times }, result: { sum: sum + 0 } };
  },
};
