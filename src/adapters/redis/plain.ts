import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { type KeyCall, type RedisCalls, repliesOrError } from "./calls.ts";
import { entryOfFound, parseFound } from "./reads.ts";
import { READ } from "./scripts.ts";
import type { RedisCommand, RedisServer } from "./server.ts";
import { decodeEnvelope, isOwn } from "./wire.ts";

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
  /** The bytes of each key, as a script returns them; `-` for a missing one. */
  async function fetched(part: readonly KeyCall[], details: ErrorDetails): Promise<readonly string[]> {
    const names = part.map(({ name }) => name) as [string, ...string[]];
    if (names.length > 1) {
      const replies = await send(server, ["MGET", ...names], readOnly, details);
      if (Array.isArray(replies)) return replies.map((reply) => bytesOf(reply, details));
      throw notFromRedis(details);
    }
    try {
      return [bytesOf(await send(server, ["GET", names[0]], readOnly, details), details)];
    } catch (error) {
      if ((error as KeyValueError).code === "corrupted" && onCorrupt === "miss") return ["-"];
      throw error;
    }
  }

  /** Whether an entry of another program has expired, by the clock of this process. */
  function seemsExpired(bytes: string): boolean {
    if (isOwn(bytes)) return false;
    const { expiresAt } = decodeEnvelope(bytes) ?? {};
    return expiresAt !== undefined && expiresAt <= Date.now();
  }

  return async (
    keyCalls: readonly KeyCall[],
    details: ErrorDetails,
    detailsAt: (index: number) => ErrorDetails,
  ): Promise<(Entry | undefined)[]> => {
    const replies = await calls.bulk(keyCalls, (part) => fetched(part, details));
    const entries = replies.map(async (reply, i) => {
      if (typeof reply !== "string") throw reply;
      let found = reply;
      if (seemsExpired(reply.slice(2))) {
        // Only a script can say whether Redis expires it, which then decides, and what the server's time is.
        [found = "-"] = await calls.read(READ, [(keyCalls[i] as KeyCall).name], ["1"], detailsAt(i));
      }
      return entryOfFound(parseFound(found), onCorrupt, detailsAt(i));
    });
    return Promise.all(entries);
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

function bytesOf(reply: unknown, details: ErrorDetails): string {
  if (reply === null || reply === undefined) return "-";
  if (typeof reply === "string") return `=;${reply}`;
  throw notFromRedis(details);
}

function notFromRedis(details: ErrorDetails): KeyValueError {
  return new KeyValueError("backend", "the client's reply is not that of Redis", details);
}
