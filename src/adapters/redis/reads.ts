import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { decodeEnvelope } from "./wire.ts";

/** What a script found under a key: nothing, a value of another type, or bytes. */
export type Found =
  | { readonly bytes?: undefined; readonly otherType: boolean }
  | {
      readonly bytes: string;
      readonly version: string | undefined;
      /** Milliseconds until Redis removes it, -1 for never. */
      readonly left: number | undefined;
      /** The server's time, in epoch milliseconds, for entries of other programs that Redis does not expire. */
      readonly time: number | undefined;
    };

/** Parses one reply of {@link READ}. */
export function parseFound(reply: string): Found {
  if (!reply.startsWith("=")) return { otherType: reply === "!" };
  const end = reply.indexOf(";");
  const [version, left, time] = reply
    .slice(1, end)
    .split(",")
    .map((text) => text || undefined);
  return {
    bytes: reply.slice(end + 1),
    version,
    left: left === undefined ? undefined : Number(left),
    time: time === undefined ? undefined : Number(time),
  };
}

/**
 * Makes an entry from what was found; `undefined` when it is missing, has expired, or is corrupt and counts as missing.
 *
 * Redis's own clock decides: an entry with a TTL in Redis is live while it is there. Only the deadline of an entry that
 * another program wrote without one is compared with a clock, the server's.
 */
export function entryOfFound(found: Found, onCorrupt: OnCorrupt, details: ErrorDetails): Entry | undefined {
  if (found.bytes === undefined && !found.otherType) return undefined;
  const envelope = found.bytes === undefined ? undefined : decodeEnvelope(found.bytes);
  if (found.bytes === undefined || !envelope) {
    if (onCorrupt === "miss") return undefined;
    throw notAnEntry(found.bytes === undefined, details);
  }
  const { version, left = -1, time } = found;
  const { value, createdAt, expiresAt } = envelope;
  const still = left >= 0 ? left : time !== undefined && expiresAt !== undefined ? expiresAt - time : undefined;
  if (still !== undefined && left < 0 && still <= 0) return undefined;
  return { value, createdAt, expiresAt: still === undefined ? undefined : Date.now() + Math.max(1, still), version };
}

function notAnEntry(otherType: boolean, details: ErrorDetails): KeyValueError {
  const what = otherType ? "the key holds a Redis value of another type" : "the stored bytes are not an entry";
  return new KeyValueError("corrupted", what, details);
}
