/**
 * What went wrong, as a stable string to branch on.
 *
 * - `invalid_ttl`: the TTL is not a positive finite number, or its deadline is after the year 9999.
 * - `invalid_cursor`: a listing cursor that this store did not return.
 * - `invalid_value`: a value that a schema refuses.
 * - `not_serializable`: a value that JSON would silently change; the message has the path to it.
 * - `not_a_number`: `increment` met a value that is not a number.
 * - `out_of_range`: the sum of `increment` is beyond 2^53 - 1, where numbers are no longer exact.
 * - `wrong_kind`: the value under the key is not of the kind that a lock or a rate limit keeps there.
 * - `not_found`: a required entry is missing.
 * - `too_large`, `too_small`: the size is outside the limits of the backend or a wrapper; see `size` and `limit`.
 * - `corrupted`: the stored bytes are not what this store writes.
 * - `wrong_key`, `unknown_key`, `tampered`, `not_encrypted`: why a stored value could not be decrypted.
 * - `read_only`: a write to a read-only store.
 * - `conflict`: an atomic operation lost against other writers for 30 seconds.
 * - `aborted`: the caller's signal ended the operation.
 * - `timeout`: no answer in time; the operation may still have happened.
 * - `unavailable`: the backend could not be reached, or failed for a moment; worth a retry.
 * - `overloaded`: the backend has too much to do; a retry makes it worse.
 * - `full`: the backend has no room left (a quota, memory, a disk).
 * - `rate_limited`: too many calls; see `retryAfter`.
 * - `unauthorized`: the backend refuses the credentials.
 * - `misconfigured`: the store's options do not fit what the backend holds.
 * - `backend`: any other failure of the backend; see `cause`.
 */
export type ErrorCode =
  | "invalid_ttl"
  | "invalid_cursor"
  | "invalid_value"
  | "not_serializable"
  | "not_a_number"
  | "out_of_range"
  | "wrong_kind"
  | "not_found"
  | "too_large"
  | "too_small"
  | "corrupted"
  | "wrong_key"
  | "unknown_key"
  | "tampered"
  | "not_encrypted"
  | "read_only"
  | "conflict"
  | "aborted"
  | "timeout"
  | "unavailable"
  | "overloaded"
  | "full"
  | "rate_limited"
  | "unauthorized"
  | "misconfigured"
  | "backend";

/** Where and how a {@link KeyValueError} happened. Every field is optional. */
export interface ErrorDetails {
  /** The name of the store's driver. */
  readonly store?: string | undefined;
  readonly collection?: string | undefined;
  readonly key?: string | undefined;
  /** The keys that failed; a bulk write or delete did write or delete the others. For `not_found`: the missing keys. */
  readonly failed?: readonly string[] | undefined;
  /** For `too_large` and `too_small`: what was measured, in bytes. */
  readonly size?: number | undefined;
  /** For `too_large` and `too_small`: what is allowed, in bytes. */
  readonly limit?: number | undefined;
  /** For `rate_limited`: how many seconds to wait before a retry, if the backend says so. */
  readonly retryAfter?: number | undefined;
  /** The underlying failure. */
  readonly cause?: unknown;
}

/**
 * The one error class of this library: every failure but a wrong argument type, which is a `TypeError`.
 * Its message never holds a stored value or a credential.
 *
 * `instanceof KeyValueError` is also true for the errors of another copy of this package in the same program.
 */
export class KeyValueError extends Error implements ErrorDetails {
  static override [Symbol.hasInstance]<T>(this: abstract new (...args: never) => T, error: unknown): error is T {
    // biome-ignore-start lint/complexity/noThisInStatic: it is about the class that was asked for, which may extend this one
    return (
      super[Symbol.hasInstance](error) ||
      ((this as unknown) === KeyValueError && error instanceof Error && error.name === "KeyValueError")
    );
    // biome-ignore-end lint/complexity/noThisInStatic: as above
  }

  override readonly name = "KeyValueError";
  declare readonly code: ErrorCode;
  declare readonly store?: string | undefined;
  declare readonly collection?: string | undefined;
  declare readonly key?: string | undefined;
  declare readonly failed?: readonly string[] | undefined;
  declare readonly size?: number | undefined;
  declare readonly limit?: number | undefined;
  declare readonly retryAfter?: number | undefined;

  constructor(code: ErrorCode, message: string, details?: ErrorDetails) {
    super(message, details);
    Object.assign(this, details, { code });
  }

  /** Adds the message to what `JSON.stringify` writes: an `Error` alone loses it. The cause stays out. */
  toJSON(): object {
    return { ...this, message: this.message };
  }
}
