import { joinAddress } from "../../core/address.ts";
import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Driver, SwapResult } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { type KeyCall, type RedisServer, redisCalls, repliesOrError } from "./calls.ts";
import { isLive, redisListings } from "./listings.ts";
import { READ, REMOVE, SWAP, WRITE } from "./scripts.ts";
import { decodeEntry, encodeEntry } from "./wire.ts";

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
  const calls = redisCalls(server);
  const { destroy, ...listings } = redisListings(calls.run, keyPrefix, store);

  function keyCall(collection: string, key: string, args: readonly string[] = []): KeyCall {
    return calls.keyCall(keyPrefix + joinAddress(collection, key), args, { store, collection, key });
  }

  const detailsOf = (collection: string, keys: readonly string[]): ErrorDetails =>
    keys.length === 1 ? { store, collection, key: keys[0] } : { store, collection };

  /** Decodes what a script found. */
  function foundEntry(reply: string, versioned: boolean, details: ErrorDetails): Entry | undefined {
    if (reply === "-") return undefined;
    const entry = reply === "!" ? undefined : decodeEntry(reply.slice(versioned ? 41 : 1));
    if (entry) return versioned ? { ...entry, version: reply.slice(1, 41) } : entry;
    if (onCorrupt === "miss") return undefined;
    throw new KeyValueError("corrupted", "the stored bytes are not an entry", details);
  }

  async function swap(collection: string, key: string, expected: string, next: Entry | undefined): Promise<SwapResult> {
    const details = { store, collection, key };
    const id = crypto.randomUUID();
    const { name, args } = keyCall(collection, key, putArgs(collection, key, next, id));
    const [reply = ""] = await calls.run(
      SWAP,
      [name, `${keyPrefix}edge-key-value:swap:${id}`],
      [expected, ...args],
      details,
    );
    if (reply.startsWith("+")) return { ok: true, version: reply.slice(1) };
    const current = foundEntry(reply, true, details);
    // Corrupt bytes that count as missing are overwritten when nothing is expected.
    if (!current && reply !== "-" && expected === "-") return swap(collection, key, reply.slice(0, 41), next);
    return { ok: false, current };
  }

  return {
    name: store,
    consistency,
    limits: { keyBytes: server.limits.keyBytes, valueBytes: server.limits.requestBytes },

    async read(collection, keys, { fresh = false } = {}) {
      const keyCalls = keys.map((key) => keyCall(collection, key));
      const details = detailsOf(collection, keys);
      const readOnly = consistency === "eventual" && !fresh;
      const outcomes = await calls.runBulk(READ, keyCalls, details, fresh ? ["1"] : [""], readOnly);
      return outcomes.map((reply, i) => {
        if (typeof reply !== "string") throw reply;
        return foundEntry(reply, fresh, { ...details, key: keys[i] });
      });
    },

    async write(collection, items) {
      const keys = items.map(([key]) => key);
      const keyCalls = items.map(([key, entry]) =>
        keyCall(collection, key, putArgs(collection, key, entry, crypto.randomUUID())),
      );
      const details = detailsOf(collection, keys);
      const outcomes = await calls.runBulk(WRITE, keyCalls, details);
      const failed = (text: string) => server.errorOf(text.slice(1), details);
      repliesOrError(
        outcomes.map((reply) => (typeof reply === "string" && reply !== "+" ? failed(reply) : reply)),
        keys,
        details,
      );
    },

    async remove(collection, keys) {
      const keyCalls = keys.map((key) => keyCall(collection, key));
      const details = detailsOf(collection, keys);
      const replies = repliesOrError(await calls.runBulk(REMOVE, keyCalls, details), keys, details);
      return replies.filter((reply) => reply !== "-" && isLive(reply)).length;
    },

    ...listings,
    ...(keyPrefix && { destroy }),
    swap: (collection, key, expected, next) =>
      swap(collection, key, expected === undefined ? "-" : `=${expected}`, next),
  };
}

/** The bytes and the milliseconds to live that a script writes; no bytes remove the entry, when its deadline has passed. */
function putArgs(collection: string, key: string, next: Entry | undefined, id: string): [value: string, px: string] {
  const entry = live(next);
  if (!entry) return ["", ""];
  const { expiresAt } = entry;
  // Rounded up so that Redis is never early, and bounded by what Redis can add to its clock.
  const px = Math.min(Math.max(1, Math.ceil((expiresAt as number) - Date.now())), Number.MAX_SAFE_INTEGER);
  return [encodeEntry(collection, key, entry, id), expiresAt === undefined ? "" : `${px}`];
}
