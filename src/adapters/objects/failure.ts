import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { ObjectFailure } from "./wire.ts";

/** The fields of an error of the platform. Source: developers.cloudflare.com/durable-objects/best-practices/error-handling. */
interface PlatformError {
  readonly overloaded?: unknown;
  readonly retryable?: unknown;
  readonly durableObjectReset?: unknown;
}

/** Whether the object went away, with or without having done what it was asked, and a new one can be asked. */
export function isLost(error: unknown): boolean {
  const { overloaded, retryable, durableObjectReset } = Object(error) as PlatformError;
  return !overloaded && Boolean(retryable || durableObjectReset);
}

/**
 * While a release is being deployed, a caller may be older or newer than the object. The object then does nothing of what it
 * was asked, so that the caller can try again later.
 */
export function otherRelease(details?: ErrorDetails): KeyValueError {
  return new KeyValueError("unavailable", "the Worker and its Durable Object are of different releases", details);
}

/** Says what a failure of an object, of its storage or of the way to it means to a caller. */
export function toObjectFailure(error: unknown): ObjectFailure {
  if (error instanceof KeyValueError) return { code: error.code, message: error.message };
  const cause = String(error);
  const failure = (code: ObjectFailure["code"], message: string): ObjectFailure => ({ code, message, cause });
  if ((Object(error) as PlatformError).overloaded) return failure("overloaded", "the Durable Object is overloaded");
  if (isLost(error)) return failure("unavailable", "the Durable Object could not be reached for a moment");
  if (/does not implement|SQL is not enabled|not backed by SQL/.test(cause)) {
    return failure("misconfigured", "the class is not a KeyValueObject with SQLite storage");
  }
  if (cause.includes("keyValue is not a function")) {
    return failure("misconfigured", "RPC needs a compatibility date of 2024-04-03 or later");
  }
  if (cause.includes("SQLITE_TOOBIG")) return failure("too_large", "too large for a row");
  if (cause.includes("SQLITE_FULL")) return failure("full", "the storage of the Durable Object is full");
  return failure("backend", "the Durable Object failed");
}

/** The error to throw for such a failure. */
export function toObjectError(error: unknown, details: ErrorDetails): KeyValueError {
  const { code, message } = toObjectFailure(error);
  return new KeyValueError(code, message, { ...details, cause: error instanceof KeyValueError ? error.cause : error });
}
