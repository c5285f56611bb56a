import { type ErrorCode, type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** How KV names an operation in its messages; a listing is a `GET` there. */
export type KVOperation = "GET" | "GET_BULK" | "PUT" | "DELETE";

/**
 * Throws a failure in KV's words, `KV PUT failed: 413 …`: code that runs on KV finds the HTTP status there and nowhere
 * else.
 */
export function failed(
  operation: KVOperation,
  status: number,
  text: string,
  code: ErrorCode,
  details?: ErrorDetails,
): never {
  throw new KeyValueError(code, `KV ${operation} failed: ${status} ${text}`, details);
}

/** The HTTP status that KV has for a failure; 500 for all others. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  too_large: 413,
  rate_limited: 429,
  overloaded: 429,
  unavailable: 503,
  timeout: 504,
};

/** Makes a call to the store, and turns its failures into KV's. They keep their code and details. */
export async function calling<R>(operation: KVOperation, call: () => Promise<R>): Promise<R> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof KeyValueError)) throw error;
    failed(operation, STATUS[error.code] ?? 500, error.message, error.code, { ...error, cause: error });
  }
}
