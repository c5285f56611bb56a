import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { ObjectFailure } from "./operations.ts";

/** Tells a failure of an object, its storage or the way to it by what it means to a caller. */
export function toObjectFailure(error: unknown): ObjectFailure {
  if (error instanceof KeyValueError) return { code: error.code, message: error.message };
  const { overloaded, retryable } = Object(error) as { overloaded?: unknown; retryable?: unknown };
  const cause = String(error);
  if (overloaded) return { code: "overloaded", message: "the Durable Object is overloaded", cause };
  if (retryable) return { code: "unavailable", message: "the Durable Object could not be reached for a moment", cause };
  if (/does not implement|SQL is not enabled|not backed by SQL/.test(cause)) {
    return { code: "misconfigured", message: "the class is not a KeyValueObject with SQLite storage", cause };
  }
  if (cause.includes("keyValue is not a function")) {
    return { code: "misconfigured", message: "RPC needs a compatibility date of 2024-04-03 or later", cause };
  }
  if (cause.includes("SQLITE_TOOBIG")) return { code: "too_large", message: "too large for a row", cause };
  return { code: "backend", message: "the Durable Object failed", cause };
}

/** The error to throw for such a failure. */
export function failure(error: unknown, details: ErrorDetails): KeyValueError {
  const { code, message } = toObjectFailure(error);
  return new KeyValueError(code, message, { ...details, cause: error instanceof KeyValueError ? error.cause : error });
}
