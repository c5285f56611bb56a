import { sha256 } from "../digest.ts";

/** Which request headers the responses of a place depend on. */
export interface VaryIndex {
  readonly vary: readonly string[];
  /** Part of the keys of the variants, so that none is found again once this index is gone. */
  readonly salt: string;
}

const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;

/**
 * The request headers that a response depends on, lower-case and in order. Nothing when it depends on more than headers
 * (`*`, RFC 9111, 4.1), or when the header is malformed, which counts as `*`.
 */
export function varyOf(headers: Headers): readonly string[] | undefined {
  const names = (headers.get("vary") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const unique = [...new Set(names.filter((name) => name !== ""))].sort();
  return unique.every((name) => name !== "*" && TOKEN.test(name)) ? unique : undefined;
}

/** The key of the response that a request gets; hashed, since headers may be long, or secret. */
export async function variantKey(base: string, { vary, salt }: VaryIndex, { headers }: Request): Promise<string> {
  const values = JSON.stringify([vary, vary.map((name) => normalized(headers.get(name)))]);
  return `${base} ${salt} ${await sha256(values)}`;
}

/** Spaces around list members mean nothing (RFC 9111, 4.1). */
function normalized(value: string | null): string | undefined {
  return value?.replace(/\s*,\s*/g, ",").trim();
}

/** Whether a stored value is an index that is not damaged. */
export function isVaryIndex(value: unknown): value is VaryIndex {
  const { vary, salt } = Object(value) as Partial<VaryIndex>;
  return (
    Array.isArray(vary) &&
    vary.every((name) => typeof name === "string" && TOKEN.test(name)) &&
    typeof salt === "string"
  );
}
