import { isRecord, type ResponseRecord } from "./record.ts";

/** What lies under a key: a response, the headers that it varies by, or that responses are not to be kept. */
export interface Value {
  readonly response?: ResponseRecord;
  readonly vary?: readonly string[];
  /** Of `vary`: part of the keys of the variants, so that none is found again once this is gone. */
  readonly salt?: string;
  readonly pass?: true;
}

/** The key of what a request gets; hashed, since headers may be long, or secret. */
export async function variantOf(
  base: string,
  { vary, salt }: Pick<Required<Value>, "vary" | "salt">,
  { headers }: Request,
): Promise<string> {
  const values = JSON.stringify([vary, vary.map((name) => headers.get(name))]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(values)));
  return `${base} ${salt} ${btoa(String.fromCharCode(...hash))}`;
}

/** Whether this is what lies under a key. */
export function isValue(value: unknown): boolean {
  const { response, vary, salt, pass } = Object(value) as Value;
  return isRecord(response) || pass === true || (Array.isArray(vary) && typeof salt === "string");
}
