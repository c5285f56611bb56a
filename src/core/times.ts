import { refuse } from "./checks.ts";
import { type ErrorDetails, KeyValueError } from "./errors.ts";
import { shown } from "./kinds.ts";

/** Checks that a signal can be listened to; an `AbortController` cannot. */
export function abortable(signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof signal?.addEventListener !== "function")
    refuse("signal", "an AbortSignal", signal);
}

/** Throws code `aborted` if the signal has ended the operation. */
export function abortedBy(signal: AbortSignal | undefined, details?: ErrorDetails): void {
  if (signal?.aborted) {
    throw new KeyValueError("aborted", "the signal ended the operation", { ...details, cause: signal.reason });
  }
}

/** Settles as the call does, or rejects with code `aborted` as soon as the signal is aborted. The call goes on. */
export async function orAborted<T>(
  call: Promise<T>,
  signal: AbortSignal | undefined,
  details?: ErrorDetails,
): Promise<T> {
  if (!signal) return await call;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      try {
        abortedBy(signal, details);
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener("abort", stop);
    stop();
  });
  return await Promise.race([call, aborted]).finally(() => signal.removeEventListener("abort", stop));
}

/** Waits until the time has passed or the signal is aborted. */
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

/** Waits until work has settled, for some milliseconds at most. Returns whether it has. The work goes on in any case. */
export async function settledWithin(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let stop = (): void => {};
  const late = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), Math.min(milliseconds, LONGEST_DELAY));
    stop = () => clearTimeout(timer);
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  return await Promise.race([settled, late]).finally(() => stop());
}

/** The longest delay that timers take, in milliseconds: with a longer one they fire at once. */
export const LONGEST_DELAY = 2_147_483_647;

/** The same in whole seconds. */
const MAX_DELAY = 2_147_483;

/** Returns a delay in seconds as milliseconds. */
export function delay(seconds: number, name: string): number {
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= MAX_DELAY) return seconds * 1000;
  return refuse(name, `seconds, from 0 to ${MAX_DELAY}`, seconds);
}

/** Some 7,600 years in seconds: no deadline that starts today is after the year 9999, the last with a common text form. */
export const MAX_LIFE = 2.4e11;

/** Returns a TTL in seconds as milliseconds; at least 1, since fractions are rounded. */
export function lifetime<T extends number | undefined>(ttl: T, name = "ttl", details?: ErrorDetails): T {
  if (ttl === undefined) return ttl;
  if (Number.isFinite(ttl) && ttl > 0 && ttl < MAX_LIFE) return Math.max(1, Math.round(ttl * 1000)) as T;
  throw new KeyValueError("invalid_ttl", `${name} must be a number of seconds above 0; got ${shown(ttl)}`, details);
}

/** Whether a stored value is a time in epoch milliseconds, one that a `Date` can hold, or left out. */
export function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === "number" && !Number.isNaN(new Date(value).getTime()));
}

/** Reads a time in epoch milliseconds that was stored as text; `undefined` when there is none, `NaN` when it is no time. */
export function timeIn(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  const time = /^-?\d{1,16}(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return isTime(time) ? time : Number.NaN;
}
