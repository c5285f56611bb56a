import type { Entry } from "../../core/entry.ts";
import type { JsonValue } from "../../core/json.ts";

/** Reads a JSON value; `undefined` for what is none. */
export function parsed(text: unknown): JsonValue | undefined {
  try {
    return JSON.parse(text as string);
  } catch {
    return undefined;
  }
}

/** Returns an entry of the parts that were stored; `undefined` if they are damaged. */
export function entryInEnvelope(value: unknown, { createdAt, expiresAt, version }: Partial<Entry>): Entry | undefined {
  const isTime = (time: unknown) => time === undefined || Number.isFinite(time);
  const isEntry = value !== undefined && value !== null && isTime(createdAt) && isTime(expiresAt);
  return isEntry ? { value: value as JsonValue, createdAt, expiresAt, version } : undefined;
}
