import { KeyValueError } from "../core/errors.ts";
import { onRejection, unheard } from "../core/promises.ts";
import { hasWaitUntil } from "./scope.ts";

/** What happened in a cache. */
export interface CacheEvent {
  /**
   * - `hit`, `stale`: the result was in the store;
   * - `miss`: the call ran the function;
   * - `wait`: the call waited for another one that ran the function;
   * - `refresh`: the function ran in the background, or for `refresh`;
   * - `error`: the function or the store failed.
   */
  readonly type: "hit" | "stale" | "miss" | "wait" | "refresh" | "error";
  readonly key: string;
  /** For `hit` and `stale`: the seconds since the result was made. */
  readonly age?: number | undefined;
  /** For `miss`, `wait` and `refresh`: how many seconds it took. */
  readonly duration?: number | undefined;
  /** For `error`: what was thrown. */
  readonly error?: unknown;
}

export interface HookOptions {
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  readonly onError?: ((error: unknown, key: string) => void) | undefined;
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
}

/** The caller's functions that a cache calls. What they throw never replaces a result. */
export interface Hooks {
  /** Tells of an event. Left out where nobody listens: then `emit?.({ ... })` does not make the event. */
  readonly emit: ((event: CacheEvent) => void) | undefined;
  /** Reports a failure that no caller sees. */
  report(error: unknown, key: string): void;
  /** Tells why a result is not stored; on the console once for each kind of failure, where nobody listens. */
  reportUnstorable(error: unknown, key: string): void;
  /** Whether work can continue after the call has returned. */
  canKeepAlive(scope: object | undefined): boolean;
  /** Hands over work that continues after the call has returned; returns whether it was accepted. */
  keepAlive(work: Promise<unknown>, scope: object | undefined, key: string): boolean;
}

export function hooksOf(options: HookOptions): Hooks {
  const { waitUntil, onError, onEvent } = options;
  const emit: Hooks["emit"] = onEvent && ((event) => unheard(() => onEvent(event)));
  const report: Hooks["report"] = (error, key) => {
    emit?.({ type: "error", key, error });
    if (onError) unheard(() => onError(error, key));
  };
  const warned = new Set<unknown>();
  return {
    emit,
    report,
    reportUnstorable(error, key) {
      report(error, key);
      const kind = error instanceof KeyValueError ? error.code : undefined;
      if (onError || onEvent || warned.has(kind)) return;
      warned.add(kind);
      console.warn("edge-key-value: a result was not cached.", error);
    },
    canKeepAlive: (scope) => hasWaitUntil(scope) || waitUntil !== undefined,
    keepAlive(work, scope, key) {
      const quiet = work.catch(() => {});
      try {
        if (hasWaitUntil(scope)) scope.waitUntil(quiet);
        else if (waitUntil) onRejection(waitUntil(quiet), (error) => report(error, key));
        else return false;
        return true;
      } catch (error) {
        // Such as a `waitUntil` that was taken off its `ctx`: "Illegal invocation".
        report(error, key);
        return false;
      }
    },
  };
}

/** The seconds since a moment, by the clock, which may have been set back. */
export function secondsSince(moment: number): number {
  return Math.max(0, Date.now() - moment) / 1000;
}
