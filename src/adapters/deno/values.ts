import { toBytes } from "../../core/bytes.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { type JsonValue, parseJson } from "../../core/json.ts";
import { isTime } from "../../core/times.ts";
import type { DenoKVEntry } from "./client.ts";

/** Bytes of a value: docs.deno.com/api/deno/~/Deno.Kv. */
export const VALUE_BYTES = 65_536;

/** What is kept, as JSON in UTF-8, whose size is known before it is sent. */
interface Stored {
  readonly value: JsonValue;
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  /** Of the swap that wrote it, which thus recognises itself after its reply was lost. */
  readonly id?: string | undefined;
}

/** What a value of Deno KV turns out to be. */
export type Opened = { readonly entry: Entry; readonly id: unknown } | "missing" | "corrupted";

/** Returns the bytes of an entry, and refuses one that is too large. */
export function seal({ value, createdAt, expiresAt }: Entry, details: ErrorDetails, id?: string): Uint8Array {
  const bytes = toBytes({ value, createdAt, expiresAt, id } as never);
  if (bytes.length <= VALUE_BYTES) return bytes;
  const problem = `the value has ${bytes.length} bytes with its times, and Deno KV takes ${VALUE_BYTES}`;
  throw new KeyValueError("too_large", problem, { ...details, size: bytes.length, limit: VALUE_BYTES });
}

/** Reads what Deno KV returned. */
export function open({ value: bytes, versionstamp }: DenoKVEntry): Opened {
  if (versionstamp === null) return "missing";
  let stored: unknown;
  try {
    stored = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes as Uint8Array));
  } catch {
    return "corrupted";
  }
  if (!isStored(stored)) return "corrupted";
  const { value, createdAt, expiresAt, id } = stored;
  return { entry: { value, createdAt, expiresAt, version: versionOf(versionstamp, expiresAt) }, id };
}

function isStored(stored: unknown): stored is Stored {
  const { value = null, createdAt, expiresAt } = Object(stored) as Partial<Stored>;
  return value !== null && isTime(createdAt) && isTime(expiresAt);
}

/**
 * Returns the version of an entry. It has the deadline, so that a swap knows without a read whether the entry that it
 * expects has expired.
 */
export function versionOf(versionstamp: string, expiresAt: number | undefined): string {
  return expiresAt === undefined ? versionstamp : `${versionstamp}-${expiresAt}`;
}

/** Returns the versionstamp of a version; `undefined` if the entry has expired, or no entry can have this version. */
export function stampOf(version: string): string | undefined {
  const [, stamp, expiresAt] = /^([0-9a-f]{20})(?:-([0-9.]+))?$/.exec(version) ?? [];
  return expiresAt !== undefined && Number(expiresAt) <= Date.now() ? undefined : stamp;
}
