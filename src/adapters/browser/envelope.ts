import type { Entry } from "../../core/entry.ts";
import type { JsonValue } from "../../core/json.ts";
import { isTime } from "../../core/times.ts";

/** Returns an entry of the parts that were stored; `undefined` if they are damaged. */
export function entryInEnvelope(value: unknown, { createdAt, expiresAt, version }: Partial<Entry>): Entry | undefined {
  const isEntry = value !== undefined && value !== null && isTime(createdAt) && isTime(expiresAt);
  return isEntry ? { value: value as JsonValue, createdAt, expiresAt, version } : undefined;
}
