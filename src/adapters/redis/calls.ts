import { utf8 } from "../../core/bytes.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { RECEIPTS, type RunScript, receipted, withReceipts } from "./receipts.ts";
import { type RedisServer, utf8Bytes } from "./server.ts";
import { namesBySlot, slotOf } from "./slots.ts";

/** One key of a bulk, with its arguments for the script. */
export interface KeyCall {
  readonly name: string;
  readonly args: readonly string[];
}

/** What became of one key of a bulk. */
export type ReplyOrError<T = string> = T | KeyValueError;

/** Sends keys in one request. */
type SendPart<T> = (part: readonly KeyCall[]) => Promise<readonly ReplyOrError<T>[]>;

/** Bytes of each request that are reserved for the script and the command. */
const OVERHEAD = 8192;

/** Bytes around each text in a request: its length in Redis's protocol, quotes and a comma in JSON. */
const PER_TEXT = 16;

/** Calls scripts and commands on a server, and splits bulks to fit its limits and slots. */
export interface RedisCalls {
  /** Runs a script that only reads. */
  read: RunScript;
  /** Runs a script that writes: once, though something on the way may send it again. */
  write: RunScript;
  /** @throws KeyValueError `too_large`. */
  keyCall(name: string, args: readonly string[], details: ErrorDetails): KeyCall;
  /** Sends as few requests as the limits allow, side by side. When one fails, the others are still sent. */
  bulk<T = string>(calls: readonly KeyCall[], send: SendPart<T>): Promise<readonly ReplyOrError<T>[]>;
}

export function redisCalls(server: RedisServer, keyPrefix: string): RedisCalls {
  const { limits } = server;
  const read = scriptRunner(server);

  function sum({ name, args }: KeyCall, sizeOf: (text: string) => number): number {
    let size = sizeOf(name) + PER_TEXT;
    for (const text of args) size += sizeOf(text) + PER_TEXT;
    return size;
  }
  const sizeOf = (call: KeyCall): number => sum(call, server.sizeOf);
  const mostOf = (call: KeyCall): number => sum(call, (text) => text.length * server.bytesPerUnit);

  /** Measuring a text takes about as long as sending it, so look at its length first. */
  function split(calls: readonly KeyCall[]): KeyCall[][] {
    const room = limits.requestBytes - OVERHEAD;
    if (calls.reduce((sum, call) => sum + mostOf(call), 0) <= room) return [[...calls]];
    const parts: KeyCall[][] = [];
    let left = 0;
    for (const call of calls) {
      const size = sizeOf(call);
      if (size > left) {
        parts.push([]);
        left = room;
      }
      left -= size;
      parts.at(-1)?.push(call);
    }
    return parts;
  }

  async function sendParts<T>(calls: readonly KeyCall[], send: SendPart<T>): Promise<readonly ReplyOrError<T>[]> {
    const bySlot = server.nodes && groupedBy(calls, ({ name }) => slotOf(name));
    const parts = (bySlot ?? [calls]).flatMap(split);
    const replies = (await Promise.all(parts.map((part) => sendPart(part, send)))).flat();
    if (!bySlot) return replies;
    const outcomes = new Map(parts.flat().map((call, i) => [call, replies[i]]));
    return calls.map((call) => outcomes.get(call) as ReplyOrError<T>);
  }

  return {
    read,
    write: server.resends ? receiptsOf(server, keyPrefix, read) : read,

    keyCall(name, args, details) {
      const call = { name, args };
      const tooLarge = (what: string, size: number, limit: number) =>
        new KeyValueError("too_large", `the ${what} is ${size} bytes; the limit is ${limit}`, {
          ...details,
          size,
          limit,
        });
      if (name.length * 3 > limits.keyBytes && utf8Bytes(name) > limits.keyBytes) {
        throw tooLarge("key", utf8Bytes(name), limits.keyBytes);
      }
      if (mostOf(call) + OVERHEAD > limits.requestBytes && sizeOf(call) + OVERHEAD > limits.requestBytes) {
        throw tooLarge("request", sizeOf(call) + OVERHEAD, limits.requestBytes);
      }
      return call;
    },

    bulk: (calls, send) => (calls.length === 1 ? send(calls) : sendParts(calls, send)),
  };
}

/** Sends a part of a bulk. Its outcomes are as many as its keys. */
async function sendPart<T>(part: readonly KeyCall[], send: SendPart<T>): Promise<readonly ReplyOrError<T>[]> {
  const replies = await send(part).catch((error: KeyValueError) => part.map(() => error));
  const missing = () => new KeyValueError("backend", "the reply has fewer items than there were keys");
  return part.map((_, i) => (replies[i] === undefined ? missing() : replies[i]));
}

function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): T[][] {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/** Sends a script whole the first time, and its digest from then on. */
function scriptRunner(server: RedisServer): RunScript {
  const digests = new Map<string, string>();

  return async (script, keys, args, details, readOnly = false) => {
    const send = (name: string, body: string) =>
      server.call([name, body, `${keys.length}`, ...keys, ...args], keys[0], readOnly);
    let digest = digests.get(script);
    let reply: unknown;
    try {
      if (digest !== undefined) reply = await send("EVALSHA", digest);
    } catch (cause) {
      if (!/^NOSCRIPT\b/.test(String((cause as Error)?.message))) throw server.errorOf(cause, details);
      // The first call of a script on a node, or after a restart, fails and has done nothing.
      digest = undefined;
    }
    try {
      if (digest === undefined) reply = await send(readOnly ? "EVAL_RO" : "EVAL", script);
    } catch (cause) {
      throw server.errorOf(cause, details);
    }
    if (server.plainReplies && !digests.has(script)) digests.set(script, await sha1(script));
    if (Array.isArray(reply) && reply.length > 0 && reply.every((item) => typeof item === "string")) return reply;
    // When its signal aborts a request, the client returns a reply of its own instead of throwing.
    throw new KeyValueError("backend", "the client's reply is not from Redis; was the request aborted?", details);
  };
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", utf8(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function receiptsOf(server: RedisServer, keyPrefix: string, run: RunScript): RunScript {
  const scripts = new Map<string, string>();
  const name = (tag: string) => `${keyPrefix}${RECEIPTS}${tag}`;
  const inSlot = server.nodes && namesBySlot((tag) => name(`{${tag}}`));
  const send = withReceipts(run, (writer, key) => (inSlot ? inSlot(slotOf(key)) : name("")) + writer);
  return (script, keys, args, details) => {
    let whole = scripts.get(script);
    if (whole === undefined) scripts.set(script, (whole = receipted(script)));
    return send(whole, keys, args, details);
  };
}

/** Returns the replies, or throws an error that names the keys that failed. */
export function repliesOrError(
  outcomes: readonly ReplyOrError[],
  keys: readonly string[],
  details: ErrorDetails,
): readonly string[] {
  const cause = outcomes.find((outcome) => typeof outcome !== "string");
  if (!cause) return outcomes as string[];
  if (keys.length === 1) throw cause;
  const failed = keys.filter((_, i) => typeof outcomes[i] !== "string");
  const message = `${failed.length} of ${keys.length} keys failed: ${cause.message}`;
  throw new KeyValueError(cause.code, message, { ...details, failed, cause });
}
