import { joinAddress } from "../../core/address.ts";
import { combineChanges } from "../../core/combine-changes.ts";
import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Driver, SwapResult } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import type { ErrorDetails } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { type KeyCall, redisCalls, repliesOrError } from "./calls.ts";
import { redisListings } from "./listings.ts";
import { redisOperations } from "./operations.ts";
import { plainReads, plainWrites } from "./plain.ts";
import { entryOfFound, type Found, parseFound } from "./reads.ts";
import { READ, REMOVE, SWAP, WRITE } from "./scripts.ts";
import type { RedisServer } from "./server.ts";
import { encodeRest, encodeTail, MAX_DATE } from "./wire.ts";

/** How a store uses its database. */
export interface RedisUse {
  /** The start of every name in Redis; empty for none. */
  readonly keyPrefix: string;
  readonly onCorrupt: OnCorrupt;
  /** `eventual` lets plain reads go to a replica. */
  readonly consistency: "strong" | "eventual";
}

/** The capabilities of every store on Redis. */
export type RedisCapability = "listKeys" | "listCollections" | "destroyCollection" | "swap";

/** Makes a driver for a Redis database. It has `destroy` when it has a prefix, which says what it owns. */
export function redisDriver(
  server: RedisServer,
  { keyPrefix, onCorrupt, consistency }: RedisUse,
): Driver<RedisCapability> & Partial<Driver<"destroy">> {
  const store = server.name;
  const calls = redisCalls(server, keyPrefix);
  const readValues = plainReads(server, calls, onCorrupt, consistency === "eventual");
  const writeLasting = plainWrites(server, calls);
  const { destroy, ...listings } = redisListings(server, calls, keyPrefix);

  // Most calls are for the collection of the call before, and most keys need no escapes.
  let last: readonly [collection: string, start: string] = ["", keyPrefix + joinAddress("", "")];

  function nameOf(collection: string, key: string): string {
    if (collection !== last[0]) last = [collection, keyPrefix + joinAddress(collection, "")];
    return /[%\uD800-\uDFFF]/.test(key) ? keyPrefix + joinAddress(collection, key) : last[1] + key;
  }

  function keyCall(collection: string, key: string, args: readonly string[] = []): KeyCall {
    return calls.keyCall(nameOf(collection, key), args, { store, collection, key });
  }

  const detailsOf = (collection: string, keys: readonly string[]): ErrorDetails =>
    keys.length === 1 ? { store, collection, key: keys[0] } : { store, collection };

  const namesOf = (part: readonly KeyCall[]) => part.map(({ name }) => name);

  async function swap(collection: string, key: string, expected: string, next: Entry | undefined): Promise<SwapResult> {
    const details = { store, collection, key };
    const { name, args } = keyCall(collection, key, bytesAndLife(collection, key, next));
    const [reply = ""] = await calls.write(SWAP, [name], [expected, ...args], details);
    if (reply.startsWith("+")) return { ok: true, version: reply.slice(1) };
    const found = parseFound(reply);
    const current = entryOfFound(found, onCorrupt, details);
    const absent = found.bytes === undefined ? "!" : `#${found.version}`;
    // An absent entry can still be in Redis: an expired entry of another program, or corrupt bytes.
    if (!current && expected === "-" && reply !== "-") return swap(collection, key, absent, next);
    return { ok: false, current };
  }

  const read: Driver["read"] = async (collection, keys, { fresh = false, valueOnly = false } = {}) => {
    const keyCalls = keys.map((key) => keyCall(collection, key));
    const details = detailsOf(collection, keys);
    if (server.plainReplies && valueOnly && !fresh) return readValues(keyCalls, collection, keys, details);
    const readOnly = consistency === "eventual" && !fresh;
    const whole = fresh || !valueOnly ? "1" : "";
    const outcomes = await calls.bulk(keyCalls, (part) => calls.read(READ, namesOf(part), [whole], details, readOnly));
    return outcomes.map((reply, i) => {
      if (typeof reply !== "string") throw reply;
      return entryOfFound(parseFound(reply), onCorrupt, { ...details, key: keys[i] });
    });
  };

  const driver: Driver<RedisCapability> = {
    name: store,
    consistency,
    limits: { keyBytes: server.limits.keyBytes, valueBytes: server.limits.requestBytes },
    // SCAN may return a name more than once: redis.io/docs/latest/commands/scan.
    repeatsNames: true,
    modify: combineChanges,

    read,
    freshRead: read,

    async write(collection, items) {
      const keys = items.map(([key]) => key);
      const details = detailsOf(collection, keys);
      const keyCalls = items.map(([key, entry]) => keyCall(collection, key, written(collection, key, entry)));
      // Commands that a client sends again need receipts, and deadlines the server's time.
      const plain = server.plainReplies && !server.resends && items.every(([, entry]) => entry.expiresAt === undefined);
      if (plain) return writeLasting(keyCalls, keys, details);
      const outcomes = await calls.bulk(keyCalls, async (part) => {
        const replies = await calls.write(
          WRITE,
          namesOf(part),
          part.flatMap(({ args }) => args),
          details,
        );
        return replies.map((reply) => (reply.startsWith("!") ? server.errorOf(reply.slice(1), details) : reply));
      });
      repliesOrError(outcomes, keys, details);
    },

    async remove(collection, keys) {
      const keyCalls = keys.map((key) => keyCall(collection, key));
      const details = detailsOf(collection, keys);
      const outcomes = await calls.bulk(keyCalls, (part) => calls.write(REMOVE, namesOf(part), [], details));
      return repliesOrError(outcomes, keys, details).filter((reply) => reply === "+").length;
    },

    ...listings,
    swap: (collection, key, expected, next) =>
      swap(collection, key, expected === undefined ? "-" : `=${expected}`, next),
  };

  const decodedEntry = (found: Found, details: ErrorDetails) => entryOfFound(found, onCorrupt, details);
  const operations = redisOperations(driver, decodedEntry, async (script, collection, key, args, details) => {
    const whole = [newId(), encodeTail(collection, key), ...args];
    const { name, args: checked } = keyCall(collection, key, whole);
    const [reply = ""] = await calls.write(script, [name], checked, details);
    return reply;
  });
  return { ...driver, ...operations, ...(keyPrefix && { destroy }) };
}

/** Like {@link bytesAndLife}, but never keeps the deadline of the entry before: only a swap does. */
function written(collection: string, key: string, entry: Entry): [rest: string, life: string] {
  return bytesAndLife(collection, key, entry.keepsDeadline ? { ...entry, keepsDeadline: undefined } : entry);
}

/** What a script writes: bytes and milliseconds to live. No bytes remove the entry, when its deadline has passed. */
function bytesAndLife(collection: string, key: string, next: Entry | undefined): [rest: string, life: string] {
  if (!next) return ["", ""];
  const { expiresAt, keepsDeadline } = next;
  const left = expiresAt === undefined ? undefined : Math.ceil(Math.min(expiresAt, MAX_DATE) - Date.now());
  const kept = keepsDeadline ? "k" : "";
  // Redis keeps its own deadline, so it does not matter whether this clock has passed it.
  if (left !== undefined && left <= 0 && !kept) return ["", ""];
  const life = left === undefined ? "" : `${Math.max(1, left)}`;
  return [encodeRest(collection, key, next, newId()), kept + life];
}
