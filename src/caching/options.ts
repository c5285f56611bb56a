import { KeyValueError } from "../core/errors.ts";
import type { CollectionOptions } from "../core/protocol.ts";

/** How one caller in the world makes a result while the others wait. */
export interface LeaseOptions {
  /** Seconds after which another caller may take over from one that has not finished. Default: 30. */
  readonly ttl?: number | undefined;
  /** Seconds to wait for the result of another caller before calling the function as well. Default: those of `ttl`. */
  readonly wait?: number | undefined;
}

/** Options that `cached` and `cachedResponse` have in common. */
export interface RecallOptions extends CollectionOptions {
  /**
   * Takes the work that goes on after an answer, such as `(promise) => ctx.waitUntil(promise)`; a scope that has a
   * `waitUntil` method is asked first. The promises never reject. Default: nobody waits for them.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /**
   * On a store with `swap`, callers agree through a lease in the store on one that makes a result; `false` switches
   * that off. Default: on.
   */
  readonly lock?: LeaseOptions | false | undefined;
  /** What comes of a call when the store fails: the answer of the function (the default), or the failure. */
  readonly onStoreError?: "ignore" | "throw" | undefined;
  /** Is told of failures that no caller sees: of the store, and of a function that had an old result to stand in for it. */
  readonly onError?: ((error: unknown, key: string) => void) | undefined;
}

/** Returns a number of seconds. */
export function seconds(name: string, value: unknown, zero = false): number {
  if (typeof value === "number" && (value > 0 || (zero && value === 0)) && value < 1e11) return value;
  throw new KeyValueError("invalid_ttl", `${name} must be ${zero ? "0 or " : ""}a positive number of seconds`);
}
