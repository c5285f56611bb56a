import type { JsonValue } from "../json.ts";
import type { Operation } from "../operation.ts";

/** The arguments of {@link limit}: how much is allowed, in how many milliseconds, and how much this call takes. */
export type LimitArgs = { readonly limit: number; readonly window: number; readonly cost: number };

/** What is left of the limit; times in milliseconds from now. */
export type LimitResult =
  | {
      readonly allowed: boolean;
      readonly remaining: number;
      /** When a refused call would be allowed if no other came; 0 for one that is allowed. */
      readonly retryAfter: number;
      /** When the whole limit is free again if no other call comes. */
      readonly resetAfter: number;
    }
  | { readonly error: "wrong_kind" };

/** How much was taken in a slice of time, by the number of the slice, oldest first. */
type Slices = readonly (readonly [slice: number, taken: number])[];

/** A window is cut into this many slices: more are more exact and make the entry larger. */
const SLICES = 64;

/**
 * Takes from a limit over a sliding window. A cost of 0 only looks.
 *
 * The window is cut into 64 slices, and a slice counts for as long as any moment of it is in the window. A refused call
 * changes nothing.
 */
export const limit: Operation<LimitArgs, LimitResult> = {
  name: "limit",
  run(entry, { limit, window, cost }, now) {
    const slices = entry ? entry.value : [];
    if (!isSlices(slices)) return { next: entry, result: { error: "wrong_kind" } };
    const width = window / SLICES;
    const slice = Math.floor(now / width);
    const counting = slices.filter(([number]) => number >= slice - SLICES);
    const used = counting.reduce((sum, [, taken]) => sum + taken, 0);
    /** When `needed` of what was taken has left the window. */
    const freeAfter = (needed: number): number => {
      let left = needed;
      const last = counting.find(([, taken]) => (left -= taken) <= 0);
      return last && needed > 0 ? Math.max(0, (last[0] + SLICES + 1) * width - now) : 0;
    };
    const allowed = used + Math.max(1, cost) <= limit;
    const taken = allowed ? cost : 0;
    const result = {
      allowed,
      remaining: Math.max(0, limit - used - taken),
      retryAfter: allowed ? 0 : freeAfter(used + Math.max(1, cost) - limit),
      resetAfter: taken > 0 ? (slice + SLICES + 1) * width - now : freeAfter(used),
    };
    if (taken === 0) return { next: entry, result };
    return { next: { value: added(counting, slice, taken), createdAt: now, expiresAt: endOf(now, window) }, result };
  },
};

/**
 * The deadline of the entry: when the last slice has left the window, plus another window (at least a second, at most a
 * minute). Some stores compare deadlines with the clocks of their callers, which may differ.
 */
function endOf(now: number, window: number): number {
  const margin = Math.min(Math.max(window, 1000), 60_000);
  return Math.ceil(now + (window * (SLICES + 1)) / SLICES + margin);
}

/** The slices with one more call in them, in order: a clock that was set back may add to an older slice. */
function added(slices: Slices, slice: number, taken: number): Slices {
  const before = slices.find(([number]) => number === slice);
  const others = slices.filter((one) => one !== before);
  const at = others.filter(([number]) => number < slice).length;
  return [...others.slice(0, at), [slice, (before?.[1] ?? 0) + taken], ...others.slice(at)];
}

/** Whether a stored value is what {@link limit} writes. */
function isSlices(value: JsonValue): value is Slices & JsonValue {
  return (
    Array.isArray(value) &&
    value.every(
      (one) => Array.isArray(one) && one.length === 2 && one.every(Number.isSafeInteger) && Number(one[1]) >= 0,
    )
  );
}
