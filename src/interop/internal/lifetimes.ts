import { MAX_LIFE } from "../../core/times.ts";

/**
 * Turns a lifetime in milliseconds into the TTL of a store. What other packages write for "for ever" is no TTL: `null`,
 * `undefined`, `Infinity`, or more years than a store takes.
 */
export function ttlOf(milliseconds: number | null | undefined): number | undefined {
  const seconds = (milliseconds ?? Number.NaN) / 1000;
  return seconds < MAX_LIFE ? seconds : undefined;
}

/** Whether a lifetime has ended before it starts, which is how some packages remove a key. */
export function isOver(milliseconds: number | null | undefined): boolean {
  return typeof milliseconds === "number" && milliseconds <= 0;
}
