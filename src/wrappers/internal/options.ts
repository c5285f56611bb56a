import { KeyValueError } from "../../errors.ts";

/** What timers take at most, in seconds: beyond it they fire at once. */
const MAX_DELAY = 2147483;

/** A delay in seconds as milliseconds. */
export function delay(seconds: number, name: string): number {
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= MAX_DELAY) return seconds * 1000;
  throw new TypeError(`${name} must be seconds, from 0 to ${MAX_DELAY}`);
}

/** A TTL in seconds as milliseconds. */
export function lifetime<T extends number | undefined>(ttl: T, name: string): T {
  if (ttl === undefined) return ttl;
  // Some 7,600 years, so that no deadline made of it lies after the year 9999.
  if (Number.isFinite(ttl) && ttl > 0 && ttl < 2.4e11) return Math.max(1, Math.round(ttl * 1000)) as T;
  throw new KeyValueError("invalid_ttl", `${name} must be seconds, above 0 and up to the year 9999`);
}
