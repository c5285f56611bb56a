import { type Entry, live } from "../core/entry.ts";
import type { JsonValue } from "../core/json.ts";

/** Returns what a cache holds: the entry under a mark that sets it apart, for `longest` milliseconds at most. */
export function asCopy({ value, createdAt, expiresAt }: Entry, longest: number): Entry {
  const now = Date.now();
  const copy = { __copy__: [value, createdAt ?? null, expiresAt ?? null] };
  return { value: copy, createdAt: now, expiresAt: Math.min(expiresAt ?? Number.POSITIVE_INFINITY, now + longest) };
}

/** What a cache holds of a key that had no entry, for `longest` milliseconds. */
export function asMissing(longest: number): Entry {
  const now = Date.now();
  return { value: { __copy__: "nothing" }, createdAt: now, expiresAt: now + longest };
}

export function isMissing(held: Entry | undefined): boolean {
  return (Object(live(held)?.value) as { __copy__?: JsonValue }).__copy__ === "nothing";
}

/** Returns the entry in a copy; `undefined` for anything else. */
export function original(held: Entry | undefined): Entry | undefined {
  const { __copy__: copy }: { __copy__?: JsonValue } = Object(live(held)?.value);
  if (!Array.isArray(copy) || (copy[0] ?? null) === null) return undefined;
  const [value, createdAt, expiresAt] = copy;
  return live({ value, createdAt: createdAt ?? undefined, expiresAt: expiresAt ?? undefined });
}
