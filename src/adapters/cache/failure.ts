import { type ErrorCode, type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** The name of the driver. */
export const NAME = "cache-api";

/** Says what a failure of the cache means. The HTTP status is in its message alone. */
export function cacheFailure(cause: unknown, details: ErrorDetails): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const text = String(cause);
  const codes: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
    [/\b413\b/, "too_large"],
    [/\b429\b|too many subrequests/i, "rate_limited"],
    [/quota/i, "full"],
    [/\b5\d\d\b|network|connection|internal error/i, "unavailable"],
  ];
  const [, code = "backend"] = codes.find(([pattern]) => pattern.test(text)) ?? [];
  return new KeyValueError(code, "the Cache API failed", { store: NAME, ...details, cause });
}
