import type { Operation } from "../operation.ts";

/** The arguments of {@link touch}: the milliseconds that the entry lives from now on (`null`: for ever). */
export type TouchArgs = { readonly life: number | null };

/** Moves the deadline of an entry and leaves the rest alone. Returns whether there was an entry. */
export const touch: Operation<TouchArgs, boolean> = {
  name: "touch",
  run(entry, { life }, now) {
    if (!entry) return { next: undefined, result: false };
    const { value, createdAt } = entry;
    return { next: { value, createdAt, expiresAt: life === null ? undefined : now + life }, result: true };
  },
};
