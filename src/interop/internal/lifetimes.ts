import { MAX_LIFE } from "../../core/times.ts";

/**
 * Turns a TTL of another package, in seconds, into the TTL of a store. What packages write for "for ever" is no TTL: `null`,
 * `undefined`, `Infinity`, or more years than a store takes.
 */
export function ttlOf(seconds: number | null | undefined): number | undefined {
  return seconds === null || (seconds !== undefined && seconds >= MAX_LIFE) ? undefined : seconds;
}

/** The same for a lifetime in milliseconds. */
export function ttlOfMs(milliseconds: number | null | undefined): number | undefined {
  return ttlOf(milliseconds === null || milliseconds === undefined ? undefined : milliseconds / 1000);
}

/** The seconds until a date, at most as many as a store takes: `9999-12-31` is a common date for "never". */
export function secondsUntil(date: Date): number {
  return Math.min((date.getTime() - Date.now()) / 1000, MAX_LIFE - 1);
}

/** Whether a lifetime has ended before it starts, which is how some packages remove a key. */
export function isOver(milliseconds: number | null | undefined): boolean {
  return typeof milliseconds === "number" && milliseconds <= 0;
}
