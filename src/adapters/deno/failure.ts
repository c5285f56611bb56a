import { type ErrorCode, type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** What failures of Deno KV mean, by their name or message: it has no codes. */
const MEANINGS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/NotCapable|PermissionDenied|unauthori[sz]ed|forbidden/i, "unauthorized"],
  [/readonly database|read-only/i, "read_only"],
  [/disk is full|ENOSPC|quota/i, "full"],
  [/database is locked|busy|too many requests/i, "overloaded"],
  [/TimedOut|timed? ?out/i, "timeout"],
  [/BadResource|bad resource|closed?\b|Connection|network|error sending request|Interrupted/i, "unavailable"],
];

/** Says what a failure of Deno KV means, as far as it tells. */
export function denoKVFailure(cause: unknown, details: ErrorDetails): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const { name, message } = Object(cause) as Partial<Error>;
  const [, code = "backend"] = MEANINGS.find(([pattern]) => pattern.test(`${name} ${message}`)) ?? [];
  return new KeyValueError(code, "Deno KV failed", { ...details, cause });
}
