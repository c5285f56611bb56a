import type { Entry } from "../../core/entry.ts";
import { isTime } from "../../core/times.ts";

/** What this adapter stores beside a value. `v` tells it from the metadata of other programs. */
export interface Metadata extends Pick<Entry, "createdAt" | "expiresAt"> {
  readonly v?: 1;
  /** The whole name, where the stored name is a short one. */
  readonly whole?: string | undefined;
}

/**
 * Reads metadata. It is empty if another program wrote it or there is none, and `undefined` if it claims to be ours and is not
 * what this adapter writes.
 */
export function readMetadata(stored: unknown): Metadata | undefined {
  const { v, createdAt, expiresAt, whole } = Object(stored) as { readonly [name in keyof Metadata]?: unknown };
  if (v !== 1) return {};
  const isOurs = isTime(createdAt) && isTime(expiresAt) && (whole === undefined || typeof whole === "string");
  return isOurs ? { v, createdAt, expiresAt, whole } : undefined;
}
