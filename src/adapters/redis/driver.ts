import { joinAddress } from "../../core/address.ts";
import type { Driver, SwapResult } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { type Part, type RedisServer, redisCalls, settled } from "./calls.ts";
import { isLive, redisListings } from "./listings.ts";
import { READ, REMOVE, SWAP, WRITE } from "./scripts.ts";
import { decodeEntry, encodeEntry } from "./wire.ts";

/** How a store uses a Redis database. */
export interface RedisUse {
  /** Stands before all names; empty for none. */
  readonly keyPrefix: string;
  readonly onCorrupt: "throw" | "miss";
  /** `eventual` lets a replica answer plain reads. */
  readonly consistency: "strong" | "eventual";
}

/** What every Redis store can do. */
export type RedisCapability = "listKeys" | "listCollections" | "destroyCollection" | "swap";

/** A driver for a Redis database, however that is reached; it has `destroy` when it has a prefix to know its own by. */
export function redisDriver(
  server: RedisServer,
  { keyPrefix, onCorrupt, consistency }: RedisUse,
): Driver<RedisCapability> & Partial<Driver<"destroy">> {
  const store = server.name;
  const calls = redisCalls(server);
  const { destroy, ...listings } = redisListings(calls.run, keyPrefix, store);

  function part(collection: string, key: string, args: readonly string[] = []): Part {
    return calls.part(keyPrefix + joinAddress(collection, key), args, { store, collection, key });
  }

  const detailsOf = (collection: string, keys: readonly string[]): ErrorDetails =>
    keys.length === 1 ? { store, collection, key: keys[0] } : { store, collection };

  /** What a script has found. Corrupt bytes count as missing only where that was asked for. */
  function entryOf(reply: string, versioned: boolean, details: ErrorDetails): Entry | undefined {
    if (reply === "-") return undefined;
    const entry = reply === "!" ? undefined : decodeEntry(reply.slice(versioned ? 41 : 1));
    if (entry) return versioned ? { ...entry, version: reply.slice(1, 41) } : entry;
    if (onCorrupt === "miss") return undefined;
    throw new KeyValueError("corrupted", "the stored bytes are not an entry", details);
  }

  async function swap(collection: string, key: string, expected: string, next: Entry | undefined): Promise<SwapResult> {
    const details = { store, collection, key };
    const id = crypto.randomUUID();
    const { name, args } = part(collection, key, putArgs(collection, key, next, id));
    const [reply = ""] = await calls.run(
      SWAP,
      [name, `${keyPrefix}edge-key-value:swap:${id}`],
      [expected, ...args],
      details,
    );
    if (reply === "+") return { ok: true };
    const current = entryOf(reply, true, details);
    // Corrupt bytes that count as missing are no reason to refuse a swap that expects nothing.
    if (!current && reply !== "-" && expected === "-") return swap(collection, key, reply.slice(0, 41), next);
    return { ok: false, current };
  }

  return {
    name: store,
    consistency,
    limits: { keyBytes: server.limits.keyBytes, valueBytes: server.limits.requestBytes },

    async read(collection, keys, { fresh = false } = {}) {
      const parts = keys.map((key) => part(collection, key));
      const details = detailsOf(collection, keys);
      const readOnly = consistency === "eventual" && !fresh;
      const outcomes = await calls.runParts(READ, parts, details, fresh ? ["1"] : [""], readOnly);
      return outcomes.map((reply, i) => {
        if (typeof reply !== "string") throw reply;
        return entryOf(reply, fresh, { ...details, key: keys[i] });
      });
    },

    async write(collection, items) {
      const keys = items.map(([key]) => key);
      const parts = items.map(([key, entry]) =>
        part(collection, key, putArgs(collection, key, entry, crypto.randomUUID())),
      );
      const details = detailsOf(collection, keys);
      const outcomes = await calls.runParts(WRITE, parts, details);
      const failed = (text: string) => server.failure(text.slice(1), details);
      settled(
        outcomes.map((reply) => (typeof reply === "string" && reply !== "+" ? failed(reply) : reply)),
        keys,
        details,
      );
    },

    async remove(collection, keys) {
      const parts = keys.map((key) => part(collection, key));
      const details = detailsOf(collection, keys);
      const replies = settled(await calls.runParts(REMOVE, parts, details), keys, details);
      return replies.filter((reply) => reply !== "-" && isLive(reply)).length;
    },

    ...listings,
    ...(keyPrefix && { destroy }),
    swap: (collection, key, expected, next) =>
      swap(collection, key, expected === undefined ? "-" : `=${expected}`, next),
  };
}

/** The value and the milliseconds that a script puts; no value, which removes, where the deadline has passed. */
function putArgs(collection: string, key: string, next: Entry | undefined, id: string): [value: string, px: string] {
  const entry = live(next);
  if (!entry) return ["", ""];
  const { expiresAt } = entry;
  // Rounded up, so that Redis is never early, and within what it can add to its clock; the envelope's deadline decides.
  const px = Math.min(Math.max(1, Math.ceil((expiresAt as number) - Date.now())), Number.MAX_SAFE_INTEGER);
  return [encodeEntry(collection, key, entry, id), expiresAt === undefined ? "" : `${px}`];
}
