import { isRecord, type ResponseRecord } from "./records.ts";
import { isVaryIndex, type VaryIndex } from "./variants.ts";

/** What is under a place: a response, which headers it varies by, or that responses are not to be kept. */
export type Value =
  | { readonly response: ResponseRecord; readonly vary?: undefined; readonly pass?: undefined }
  | (VaryIndex & { readonly response?: undefined; readonly pass?: undefined })
  | { readonly pass: true; readonly response?: undefined; readonly vary?: undefined };

/** Whether a stored value is one of these. */
export function isValue(value: unknown): value is Value {
  const { response, pass } = Object(value) as { response?: never; pass?: unknown };
  return isRecord(response) || pass === true || isVaryIndex(value);
}
