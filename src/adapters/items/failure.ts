import { type ErrorCode, KeyValueError } from "../../core/errors.ts";

/** Codes of the system and of network clients, by what they mean. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EROFS: "read_only",
  EACCES: "unauthorized",
  EPERM: "unauthorized",
  ECONNREFUSED: "unavailable",
  ECONNRESET: "unavailable",
  EHOSTUNREACH: "unavailable",
  ENOTFOUND: "unavailable",
  EPIPE: "unavailable",
  ETIMEDOUT: "unavailable",
};

/** Says what a failure of another package's storage means, as far as its code tells. */
export function storageFailure(
  cause: unknown,
  store: string,
  collection?: string | undefined,
  failed?: readonly string[] | undefined,
): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const code = CODES[String((cause as { code?: unknown } | null)?.code)] ?? "backend";
  const key = failed?.length === 1 ? failed[0] : undefined;
  return new KeyValueError(code, "the storage failed", { store, collection, key, failed, cause });
}
