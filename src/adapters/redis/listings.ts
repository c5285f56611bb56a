import { addressPrefix, joinAddress, splitAddress } from "../../core/address.ts";
import type { Driver, DriverPage } from "../../core/driver.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { Page } from "../../core/protocol.ts";
import type { RedisCalls } from "./calls.ts";
import { decodeCursor, digestOf, encodeCursor, type Position, remembered, startOf } from "./cursor.ts";
import { DESTROY, LIST, SHORT_DIGEST } from "./listing-scripts.ts";
import { EXPIRED, REMOVE } from "./scripts.ts";
import type { RedisNode, RedisServer } from "./server.ts";

/** How many names a page without a `limit` has. */
const LIMIT = 1000;

/** The node of a database that is no cluster. */
const SINGLE = "00000000";

/** Which names a listing is for, and what it makes of them. */
interface Listing {
  /** The start of all names that can be meant. */
  readonly start: string;
  /** Lists each collection once. */
  readonly collections: boolean;
  /** What an address stands for; `undefined` if it is none of this listing. */
  nameOf(address: string): string | undefined;
}

/** Keys that have not expired. A node cannot look into entries of many slots, so each slot is asked. */
const LIVE = `${EXPIRED}
local out = {}
for i, key in ipairs(KEYS) do out[i] = expired(key) and '-' or '+' end
return out`;

/** Listings and removals of many keys. */
export function redisListings(
  server: RedisServer,
  calls: RedisCalls,
  keyPrefix: string,
): Omit<Driver<"listKeys" | "listCollections" | "destroyCollection" | "destroy">, keyof Driver> {
  const store = server.name;

  /** The nodes of a cluster in a fixed order, by the digests of their ids. */
  async function nodesInOrder(): Promise<readonly (readonly [digest: string, node: RedisNode | undefined])[]> {
    const nodes = (await server.nodes?.()) ?? [];
    if (!server.nodes) return [[SINGLE, undefined]];
    return nodes.map((node) => [digestOf(node.id), node] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** One page of the names of a node, and where the next one starts. */
  async function scan(
    { start, collections }: Listing,
    limit: number,
    from: Position,
    node: RedisNode | undefined,
    details: ErrorDetails,
  ): Promise<{ names: readonly string[]; given: readonly string[]; next: Position | undefined }> {
    const prefix = collections ? `${new TextEncoder().encode(keyPrefix).length}` : "";
    const args = [from.scan, glob(start), `${limit}`, from.end, from.digest, prefix, node ? "" : "1", ...from.given];
    const reply = node ? await scanNode(node, args, details) : await calls.read(LIST, [], args, details);
    const [next = "", end = "", digest = "", ...found] = reply.map((text) => text.slice(1));
    const cut = collections ? SHORT_DIGEST : 0;
    const names = found.map((text) => text.slice(cut));
    const given = collections
      ? remembered(
          from.given,
          found.map((text) => text.slice(0, cut)),
        )
      : [];
    return { names, given, next: next === "" ? undefined : { node: from.node, scan: next, end, digest, given } };
  }

  async function scanNode(node: RedisNode, args: readonly string[], details: ErrorDetails): Promise<string[]> {
    const reply = await node.call(["EVAL", LIST, "0", ...args]).then(undefined, (cause: unknown) => {
      throw server.errorOf(cause, details);
    });
    if (Array.isArray(reply)) return reply as string[];
    throw new KeyValueError("backend", "the client's reply is not a list", details);
  }

  /** Continues with the next node when one is done. */
  async function page(listing: Listing, limit: number, from: Position | undefined, details: ErrorDetails) {
    const nodes = await nodesInOrder();
    const at = from ? nodes.findIndex(([digest]) => digest === from.node) : 0;
    const [digest = SINGLE, node] = nodes[at] ?? [];
    if (at < 0) {
      throw new KeyValueError("invalid_cursor", "the cluster's nodes have changed; list from the start", details);
    }
    const { names, given, next } = await scan(listing, limit, from ?? startOf(digest), node, details);
    const [following] = nodes[at + 1] ?? [];
    return { names, next: next ?? (following === undefined ? undefined : startOf(following, given)), node };
  }

  async function list(listing: Listing, { cursor, limit = LIMIT }: DriverPage, details: ErrorDetails): Promise<Page> {
    const from = cursor === undefined ? undefined : decodeCursor(cursor, listing.start, details);
    const { names, next, node } = await page(listing, limit, from, details);
    const live = node ? await liveOf(names, details) : names;
    const found = live.map((name) =>
      name.startsWith(keyPrefix) ? listing.nameOf(name.slice(keyPrefix.length)) : undefined,
    );
    return {
      names: [...new Set(found.filter((name) => name !== undefined))],
      cursor: next && encodeCursor(next, listing.start, listing.collections),
    };
  }

  async function liveOf(names: readonly string[], details: ErrorDetails): Promise<readonly string[]> {
    const asked = names.map((name) => calls.keyCall(name, [], details));
    const send = (part: typeof asked) =>
      calls.read(
        LIVE,
        part.map(({ name }) => name),
        [],
        details,
      );
    const outcomes = await calls.bulk(asked, (part) => send([...part]));
    return names.filter((_, i) => {
      const outcome = outcomes[i];
      if (outcome instanceof KeyValueError) throw outcome;
      return outcome === "+";
    });
  }

  async function destroy(start: string, details: ErrorDetails): Promise<boolean> {
    if (server.nodes) return destroyInCluster(start, details);
    let found = false;
    let cursor = "0";
    do {
      const [next = "", live] = await calls.write(DESTROY, [], [cursor, glob(start)], details);
      found ||= live === "+";
      cursor = next.slice(1);
    } while (cursor !== "0");
    return found;
  }

  async function destroyInCluster(start: string, details: ErrorDetails): Promise<boolean> {
    const listing: Listing = { start, collections: false, nameOf: (address) => address };
    let found = false;
    let from: Position | undefined;
    do {
      const { names, next } = await page(listing, LIMIT, from, details);
      const keyCalls = names.map((name) => calls.keyCall(name, [], details));
      const outcomes = await calls.bulk(keyCalls, (part) =>
        calls.write(
          REMOVE,
          part.map(({ name }) => name),
          [],
          details,
        ),
      );
      for (const outcome of outcomes) if (outcome instanceof KeyValueError) throw outcome;
      found ||= outcomes.includes("+");
      from = next;
    } while (from);
    return found;
  }

  return {
    listKeys: (collection, options) => {
      const { prefix = "" } = options;
      const nameOf = (address: string) => {
        const [where, key] = splitAddress(address) ?? [];
        return where === collection && key?.startsWith(prefix) ? key : undefined;
      };
      const start = keyPrefix + addressPrefix(collection, prefix);
      return list({ start, collections: false, nameOf }, options, { store, collection });
    },
    listCollections: (options) => {
      const { prefix = "" } = options;
      const nameOf = (address: string) => {
        // The key may be one that this library never writes: its collection holds something all the same.
        const [collection] = splitAddress(address.slice(0, address.indexOf("::") + 2)) ?? [];
        return collection?.startsWith(prefix) ? collection : undefined;
      };
      return list({ start: keyPrefix + collectionPrefix(prefix), collections: true, nameOf }, options, { store });
    },
    destroyCollection: (collection) => destroy(keyPrefix + joinAddress(collection, ""), { store, collection }),
    destroy: () => destroy(keyPrefix, { store }),
  };
}

/** The pattern for all names that start with a text. */
function glob(start: string): string {
  return `${start.replace(/[*?[\]\\]/g, "\\$&")}*`;
}

/** The common start of the addresses of all collections with a prefix. The end of the prefix may be escaped in some. */
function collectionPrefix(prefix: string): string {
  const certain = prefix.replace(/(?::|:?(?:%(?:2|3|uD?)?|[\uD800-\uDBFF]))$/, "");
  return joinAddress(certain, "").slice(0, -2);
}
