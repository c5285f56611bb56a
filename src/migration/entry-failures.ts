import { type ErrorCode, KeyValueError } from "../core/errors.ts";

/** Codes of failures that concern a single entry. */
const CODES: ReadonlySet<ErrorCode> = /* @__PURE__ */ new Set<ErrorCode>([
  ...(["corrupted", "wrong_key", "unknown_key", "tampered", "not_encrypted"] as const),
  ...(["too_large", "too_small", "invalid_value", "not_serializable", "invalid_ttl"] as const),
]);

/** Whether a failure is about single entries, and not about the backend. */
export function concernsEntries(error: unknown): error is KeyValueError {
  return error instanceof KeyValueError && CODES.has(error.code);
}

/** Makes a call for one entry. Returns the failure if it concerns that entry alone, and throws any other. */
export async function entryFailure(
  call: () => unknown,
  collection: string,
  key: string,
): Promise<KeyValueError | undefined> {
  try {
    await call();
  } catch (error) {
    if (!concernsEntries(error)) throw error;
    return new KeyValueError(error.code, error.message, { ...error, collection, key, failed: undefined, cause: error });
  }
}
