import { type ErrorCode, type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** The name of the driver. */
export const NAME = "r2";

/** The numbers at the end of R2's messages: developers.cloudflare.com/r2/api/error-codes. */
const CODES: Readonly<Record<string, readonly [code: ErrorCode, message: string]>> = {
  10001: ["unavailable", "R2 failed for a moment"],
  10002: ["unauthorized", "R2 refuses the credentials"],
  10003: ["unauthorized", "R2 refuses the operation"],
  10006: ["misconfigured", "there is no bucket of this name"],
  10012: ["too_large", "the metadata is larger than R2 takes"],
  10013: ["unavailable", "the connection to R2 broke"],
  10020: ["too_large", "the name of the object is longer than R2 takes"],
  10042: ["misconfigured", "the account has no R2 subscription"],
  10043: ["unavailable", "R2 is not available"],
  10054: ["unavailable", "the connection to R2 broke"],
  10058: ["rate_limited", "R2 takes one write a second to the same key"],
  10069: ["read_only", "a lock rule of the bucket protects the object"],
  100100: ["too_large", "the value is larger than R2 takes"],
};

/** Says what a failure of the binding means. */
export function r2Failure(cause: unknown, details: ErrorDetails): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const text = String(cause);
  const known = CODES[/\((\d+)\)\s*$/.exec(text)?.[1] ?? ""];
  const isLost = /network|connection|disconnected|internal error/i.test(text) || Object(cause).retryable === true;
  const [code, message] = known ?? (isLost ? ["unavailable", "R2 cannot be reached"] : ["backend", "R2 failed"]);
  return new KeyValueError(code as ErrorCode, message as string, { store: NAME, ...details, cause });
}
