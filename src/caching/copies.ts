import { type Entry, live } from "../core/entry.ts";
import type { JsonValue } from "../core/json.ts";
import { isTime } from "../core/times.ts";

/**
 * Returns what a cache holds: the entry under a mark that sets it apart, for `longest` milliseconds at most. They count from when
 * the read of the entry began: the entry may have been replaced since.
 */
export function asCopy({ value, createdAt, expiresAt }: Entry, began: number, longest: number): Entry {
  const copy = { __copy__: [value, createdAt ?? null, expiresAt ?? null] };
  return { value: copy, createdAt: began, expiresAt: Math.min(expiresAt ?? Number.POSITIVE_INFINITY, began + longest) };
}

/** What a cache holds of a key that had no entry, for `longest` milliseconds from when the read began. */
export function asMissing(began: number, longest: number): Entry {
  return { value: { __copy__: "nothing" }, createdAt: began, expiresAt: began + longest };
}

export function isMissing(held: Entry | undefined): boolean {
  return (Object(live(held)?.value) as { __copy__?: JsonValue }).__copy__ === "nothing";
}

/** Returns the entry in a copy; `undefined` for anything else, such as a copy with a time that is no time. */
export function original(held: Entry | undefined): Entry | undefined {
  const { __copy__: copy }: { __copy__?: JsonValue } = Object(live(held)?.value);
  if (!Array.isArray(copy) || (copy[0] ?? null) === null) return undefined;
  const [value, created, expires] = copy;
  const [createdAt, expiresAt] = [created ?? undefined, expires ?? undefined];
  return isTime(createdAt) && isTime(expiresAt) ? live({ value, createdAt, expiresAt }) : undefined;
}
