import type { Entry } from "../../core/entry.ts";

/** What this adapter stores beside a value. `v` tells it from the metadata of other programs. */
export interface Metadata extends Pick<Entry, "createdAt" | "expiresAt"> {
  readonly v: 1;
  /** The whole name, where the stored name is a short one. */
  readonly whole?: string | undefined;
}

/** The last time that a `Date` can hold, in epoch milliseconds. */
const LAST_TIME = 8.64e15;

/**
 * Reads metadata: ours, `undefined` if another program wrote it or there is none, or `"damaged"` if it claims to be ours and
 * is not what this adapter writes.
 */
export function readMetadata(stored: unknown): Metadata | "damaged" | undefined {
  const { v, createdAt, expiresAt, whole } = Object(stored) as { readonly [name in keyof Metadata]?: unknown };
  if (v !== 1) return undefined;
  if (!isTime(createdAt) || !isTime(expiresAt)) return "damaged";
  if (whole !== undefined && typeof whole !== "string") return "damaged";
  return { v, createdAt, expiresAt, whole };
}

function isTime(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === "number" && Math.abs(value) <= LAST_TIME);
}
