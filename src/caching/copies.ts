import { type Entry, live } from "../core/entry.ts";
import type { JsonValue } from "../core/json.ts";

/** What a cache holds: the entry under a mark, so that nothing else is taken for a copy; for `longest` milliseconds at most. */
export function copyOf({ value, createdAt, expiresAt }: Entry, longest: number): Entry {
  const now = Date.now();
  const copy = { __copy__: [value, createdAt ?? null, expiresAt ?? null] };
  return { value: copy, createdAt: now, expiresAt: Math.min(expiresAt ?? Number.POSITIVE_INFINITY, now + longest) };
}

/** The entry out of a copy; `undefined` for anything else. */
export function original(held: Entry | undefined): Entry | undefined {
  const { __copy__: copy }: { __copy__?: JsonValue } = Object(live(held)?.value);
  if (!Array.isArray(copy) || (copy[0] ?? null) === null) return undefined;
  const [value, createdAt, expiresAt] = copy;
  return live({ value, createdAt: createdAt ?? undefined, expiresAt: expiresAt ?? undefined });
}
