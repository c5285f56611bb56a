import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import { storedJson } from "../../core/stored-json.ts";
import { timeIn } from "../../core/times.ts";
import type { R2Stored, R2StoredBody, R2Writing } from "./bucket.ts";
import { NAME } from "./failure.ts";

/*
 * An object holds `{"value":…,"id":"…"}`. R2's entity tag is a hash of these bytes, and the id, which no other write has,
 * makes it a version. The times are in the custom metadata, where listings find them.
 */

/** An object as an entry. */
export interface Found {
  readonly etag: string;
  /** Of what is no entry `undefined`. */
  readonly id: string | undefined;
  readonly entry: Entry | undefined;
}

/** What is written for an entry. */
export function encodeObject({ value }: Entry, id: string): string {
  return `{"value":${JSON.stringify(value)},"id":"${id}"}`;
}

/** The metadata that is written for an entry. */
export function writingOf({ createdAt, expiresAt }: Entry): R2Writing {
  const times = { "created-at": createdAt, "expires-at": expiresAt };
  const given = Object.entries(times).filter(([, time]) => time !== undefined);
  const customMetadata = { v: "1", ...Object.fromEntries(given.map(([name, time]) => [name, `${time}`])) };
  return { customMetadata, httpMetadata: { contentType: "application/json" } };
}

/** The times of an object, or `undefined` if this library has not written them. */
export function timesOf({ customMetadata = {} }: R2Stored): Pick<Entry, "createdAt" | "expiresAt"> | undefined {
  if (customMetadata.v !== "1") return undefined;
  const createdAt = timeIn(customMetadata["created-at"]);
  const expiresAt = timeIn(customMetadata["expires-at"]);
  return Number.isNaN(createdAt) || Number.isNaN(expiresAt) ? undefined : { createdAt, expiresAt };
}

/**
 * A version is R2's entity tag, and the deadline: an expired entry has no version, and R2 does not know that it has
 * expired.
 */
export function versionOf(etag: string, expiresAt: number | undefined): string {
  return expiresAt === undefined ? etag : `${etag}-${expiresAt}`;
}

/** The entity tag in a version; `undefined` when the entry has expired. */
export function liveTag(version: string): string | undefined {
  const [etag = "", expiresAt] = version.split("-");
  return expiresAt !== undefined && Number(expiresAt) <= Date.now() ? undefined : etag;
}

/** Reads an object. */
export async function decodeObject(object: R2StoredBody, onCorrupt: OnCorrupt, details: ErrorDetails): Promise<Found> {
  const { etag } = object;
  const times = timesOf(object);
  const { value, id }: { readonly value?: JsonValue; readonly id?: unknown } = Object(storedJson(await object.text()));
  if (times && value != null && typeof id === "string") {
    return { etag, id, entry: { value, ...times, version: versionOf(etag, times.expiresAt) } };
  }
  if (onCorrupt === "miss") return { etag, id: undefined, entry: undefined };
  throw new KeyValueError("corrupted", "the object is not an entry", { store: NAME, ...details });
}
