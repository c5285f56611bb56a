import { KeyValueError } from "../core/errors.ts";
import { shown } from "../core/kinds.ts";
import type { AsyncKeyValue, CollectionOptions } from "../core/protocol.ts";
import type { CacheEvent } from "./hooks.ts";

/** How one caller in the world makes a result while the others wait. */
export interface LeaseOptions {
  /**
   * The longest run of the function, in seconds. Then another caller may take over. A dead caller is replaced after about a
   * second. Default: 30.
   */
  readonly ttl?: number | undefined;
  /** Seconds to wait for the result of another caller before calling the function as well. Default: `ttl`. */
  readonly wait?: number | undefined;
}

/** Options that `cached` and `cachedResponse` have in common. */
export interface RecallOptions extends CollectionOptions {
  /**
   * Keeps work alive when the caller has its result or is gone, such as `(promise) => ctx.waitUntil(promise)`. A scope with a
   * `waitUntil` method comes first. The promises never reject. Default: the caller waits until its result is stored.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /**
   * On a store with `swap`, callers agree through a lease in the store on the one that makes a result; `false` turns
   * that off. Default: on.
   */
  readonly lock?: LeaseOptions | false | undefined;
  /**
   * The store where `invalidateTags` leaves its stamps, such as a strong one where results are in Workers KV. Results and
   * stamps are read at once when both are in the default collection of one store. Default: the store of the results.
   */
  readonly tagStore?: AsyncKeyValue | undefined;
  /** What a call does when the store fails: return the function's result (the default), or throw the failure. */
  readonly onStoreError?: "ignore" | "throw" | undefined;
  /** Called with failures that no caller sees: of the store, and of a function whose old result was returned. */
  readonly onError?: ((error: unknown, key: string) => void) | undefined;
  /** Called with each {@link CacheEvent}. What it throws is ignored. */
  readonly onEvent?: ((event: CacheEvent) => void) | undefined;
}

/** Returns a number of seconds. */
export function seconds(name: string, value: unknown, zero = false): number {
  if (typeof value === "number" && (value > 0 || (zero && value === 0)) && value < 1e11) return value;
  const what = zero ? "a number of seconds, 0 or above" : "a number of seconds above 0";
  throw new KeyValueError("invalid_ttl", `${name} must be ${what}; got ${shown(value)}`);
}
