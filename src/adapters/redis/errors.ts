import { type ErrorCode, type ErrorDetails, KeyValueError } from "../../core/errors.ts";

/** The meaning of Redis's errors, by how their texts start. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: ErrorCode, message: string])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)\b|^ERR (invalid password|AUTH\b)/, "unauthorized", "Redis refuses the credentials"],
  [/^OOM\b/, "full", "Redis has no memory left"],
  [/^READONLY\b/, "unavailable", "this Redis is a replica and takes no writes; is a failover under way?"],
  [/^LOADING\b/, "unavailable", "Redis is loading its data"],
  [/^(MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS)\b/, "unavailable", "Redis cannot serve this now"],
  [/^Too many Cluster redirections/, "unavailable", "the cluster's slots are moving"],
  [/^BUSY\b|max number of clients/, "overloaded", "Redis is busy"],
  [/^(MOVED|ASK)\b/, "misconfigured", "this Redis is a node of a cluster: pass a client for clusters"],
  [/^CROSSSLOT\b/, "misconfigured", "the client does not send the keys of a cluster to their nodes"],
  [/^ERR (invalid DB index|DB index is out of range)/, "misconfigured", "Redis has no database of this number"],
  [/^WRONGTYPE\b/, "corrupted", "the key holds a Redis value of another type"],
];

/** Whether a text is an error that Redis replied: those start with a word in capitals. */
export function isReply(text: string): boolean {
  return /^[A-Z]{2,}\b/.test(text) || MEANINGS.some(([pattern]) => pattern.test(text));
}

/** An error of a reply by Redis. Its cause has the reply, without the arguments of the command, which may be values. */
export function replyError(text: string, details: ErrorDetails): KeyValueError {
  const shown = text.split(/, with args beginning with|, command was/, 1)[0]?.slice(0, 200);
  const [, code, message] = MEANINGS.find(([pattern]) => pattern.test(text)) ?? [];
  return new KeyValueError(code ?? "backend", message ?? "Redis returned an error", {
    ...details,
    cause: new Error(shown),
  });
}

/**
 * Turns what a client threw into an error of this library.
 *
 * The cause is a new error with the same text: that of ioredis has the whole command, with stored values.
 */
export function clientError(thrown: unknown, details: ErrorDetails): KeyValueError {
  if (thrown instanceof KeyValueError) {
    return new KeyValueError(thrown.code, thrown.message, { ...details, cause: thrown.cause });
  }
  const text = typeof thrown === "string" ? thrown : String(Object(thrown).message || Object(thrown).code || "");
  if (isReply(text)) return replyError(text, details);
  const found = { ...details, cause: new Error(text || "the connection has ended") };
  if (/^Command timed out|^Socket timeout/.test(text) || Object(thrown).constructor?.name === "TimeoutError") {
    return new KeyValueError("timeout", "Redis did not respond in time", found);
  }
  if (/command was aborted/i.test(text))
    return new KeyValueError("aborted", "the client's signal ended the command", found);
  return new KeyValueError("unavailable", "Redis cannot be reached", found);
}
