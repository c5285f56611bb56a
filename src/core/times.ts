import { refuse } from "./checks.ts";
import { KeyValueError } from "./errors.ts";

/** Refuses what {@link pause} cannot listen to, such as an `AbortController`. */
export function abortable(signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof signal?.addEventListener !== "function") refuse("signal", "an AbortSignal");
}

/** Waits, but no longer than until the signal ends it; whether it has is for the caller to look at. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

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
