import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { type KeyCall, type RedisCalls, repliesOrError } from "./calls.ts";
import { entryOfFound, parseFound } from "./reads.ts";
import { READ } from "./scripts.ts";
import type { RedisCommand, RedisServer } from "./server.ts";
import { decodeEnvelope, decodeValue } from "./wire.ts";

/*
 * Reads of values, and writes of entries without a deadline, by commands of Redis. They cost it a fraction of a script.
 */

/** Sends a command for one key or for keys of one slot. */
async function send(server: RedisServer, command: RedisCommand, readOnly: boolean, details: ErrorDetails) {
  try {
    return await server.call(command, command[1], readOnly);
  } catch (cause) {
    throw server.errorOf(cause, details);
  }
}

/** Reads values with GET and MGET. MGET says of a value of another type that it is missing. */
export function plainReads(server: RedisServer, calls: RedisCalls, onCorrupt: OnCorrupt, readOnly: boolean) {
  /** The bytes of each key, `null` for a missing one. */
  async function fetched(part: readonly KeyCall[], details: ErrorDetails): Promise<readonly (string | null)[]> {
    const [first, ...others] = part as readonly [KeyCall, ...KeyCall[]];
    if (others.length > 0) {
      const replies = await send(server, ["MGET", first.name, ...others.map(({ name }) => name)], readOnly, details);
      if (Array.isArray(replies)) return replies.map((reply) => bytesOf(reply, details));
      throw notFromRedis(details);
    }
    try {
      return [bytesOf(await send(server, ["GET", first.name], readOnly, details), details)];
    } catch (error) {
      if ((error as KeyValueError).code === "corrupted" && onCorrupt === "miss") return [null];
      throw error;
    }
  }

  /** An entry of another program or under a name of another, or bytes that are none. */
  async function foreignEntry(bytes: string, { name }: KeyCall, details: ErrorDetails): Promise<Entry | undefined> {
    const { expiresAt } = decodeEnvelope(bytes) ?? {};
    // By this clock it has expired. Only a script can say whether Redis expires it, which then decides, and the time.
    if (expiresAt !== undefined && expiresAt <= Date.now()) {
      const [whole = "-"] = await calls.read(READ, [name], ["1"], details);
      return entryOfFound(parseFound(whole), onCorrupt, details);
    }
    return entryOfFound({ bytes, version: undefined, left: undefined, time: undefined }, onCorrupt, details);
  }

  return async (
    keyCalls: readonly KeyCall[],
    collection: string,
    keys: readonly string[],
    details: ErrorDetails,
  ): Promise<(Entry | undefined)[]> => {
    const replies = await calls.bulk<string | null>(keyCalls, (part) => fetched(part, details));
    for (const reply of replies) if (reply !== null && typeof reply !== "string") throw reply;
    let waiting = false;
    const entries = (replies as (string | null)[]).map((reply, i) => {
      if (reply === null) return undefined;
      const key = keys[i] as string;
      const value = decodeValue(reply, collection, key);
      if (value !== undefined) return { value };
      waiting = true;
      return foreignEntry(reply, keyCalls[i] as KeyCall, { ...details, key });
    });
    return waiting ? Promise.all(entries) : (entries as (Entry | undefined)[]);
  };
}

/** Writes entries that never expire with SET and MSET. */
export function plainWrites(server: RedisServer, calls: RedisCalls) {
  return async (keyCalls: readonly KeyCall[], keys: readonly string[], details: ErrorDetails): Promise<void> => {
    const outcomes = await calls.bulk(keyCalls, async (part) => {
      const pairs = part.flatMap(({ name, args: [rest] }) => [name, `{${rest}`]);
      const reply = await send(server, [part.length === 1 ? "SET" : "MSET", ...pairs], false, details);
      if (reply !== "OK") throw notFromRedis(details);
      return part.map(() => "+");
    });
    repliesOrError(outcomes, keys, details);
  };
}

function bytesOf(reply: unknown, details: ErrorDetails): string | null {
  if (reply === null || reply === undefined) return null;
  if (typeof reply === "string") return reply;
  throw notFromRedis(details);
}

function notFromRedis(details: ErrorDetails): KeyValueError {
  return new KeyValueError("backend", "the client's reply is not that of Redis", details);
}
