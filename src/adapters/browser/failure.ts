import { type ErrorCode, type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** What the errors of a browser's storage mean, by the name of the DOMException. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  QuotaExceededError: "full",
  // The page's storage is blocked, such as by the settings for cookies or in a sandboxed frame.
  SecurityError: "unauthorized",
  NotAllowedError: "unauthorized",
  // A database of the same name that another version or another program made.
  VersionError: "misconfigured",
  NotFoundError: "misconfigured",
  // The browser has closed the database, such as when the user clears the site's data.
  AbortError: "unavailable",
  InvalidStateError: "unavailable",
  UnknownError: "unavailable",
};

/** Says what a failure of a browser's storage means. */
export function browserFailure(cause: unknown, details: ErrorDetails): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const code = CODES[String((cause as Error | null)?.name)] ?? "backend";
  return new KeyValueError(code, "the browser's storage failed", { ...details, cause });
}
