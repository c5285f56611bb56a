import { addressPrefix, joinAddress, splitAddress } from "../../core/address.ts";
import type { Driver, DriverPage } from "../../core/driver.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { Page } from "../../core/protocol.ts";
import type { RunScript } from "./calls.ts";
import { DESTROY, LIST } from "./scripts.ts";
import { parseDate } from "./wire.ts";

/** A cursor: that of SCAN (empty when it has ended), names found but not yet returned, and names returned. */
type Position = readonly [scan: string, left: readonly string[], given: readonly string[]];

/** How many names SCAN looks at in one request. */
const COUNT = 1000;

/** Listings and removals of many keys, with one SCAN per request. */
export function redisListings(
  run: RunScript,
  keyPrefix: string,
  store: string,
): Omit<Driver<"listKeys" | "listCollections" | "destroyCollection" | "destroy">, keyof Driver> {
  /**
   * SCAN may return more names than the page takes. The cursor keeps the rest; the next page checks that they still
   * exist.
   */
  async function list(
    start: string,
    { cursor, limit = COUNT }: DriverPage,
    details: ErrorDetails,
    nameOf: (address: string) => string | undefined,
    once: boolean,
  ): Promise<Page> {
    let [scan, left, given] = positionOf(cursor, details);
    const waiting = left.slice(limit);
    const from = left.length < limit ? scan : "";
    const count = `${Math.min(Math.max(limit, 100), COUNT)}`;
    const [next = "", ...found] = await run(LIST, left.slice(0, limit), [from, glob(start), count], details);
    if (from !== "") scan = next === "=0" ? "" : next.slice(1);
    const names = new Map<string, string>();
    for (let i = 0; i < found.length; i += 2) {
      const address = (found[i] as string).slice(1);
      const name = address.startsWith(keyPrefix) ? nameOf(address.slice(keyPrefix.length)) : undefined;
      if (name !== undefined && isLive(found[i + 1] as string) && !given.includes(name)) names.set(name, address);
    }
    const page = [...names.keys()].slice(0, limit);
    const rest = [...[...names.values()].slice(limit), ...waiting];
    if (scan === "" && rest.length === 0) return { names: page };
    return { names: page, cursor: JSON.stringify([scan, rest, once ? [...given, ...page] : []] satisfies Position) };
  }

  async function destroy(start: string, details: ErrorDetails): Promise<boolean> {
    let found = false;
    let cursor = "0";
    do {
      const [next = "", ...deadlines] = await run(DESTROY, [], [cursor, glob(start), `${COUNT}`], details);
      found ||= deadlines.some(isLive);
      cursor = next.slice(1);
    } while (cursor !== "0");
    return found;
  }

  return {
    listKeys: (collection, page) =>
      list(
        keyPrefix + addressPrefix(collection, page.prefix ?? ""),
        page,
        { store, collection },
        (address) => {
          const [where, key] = splitAddress(address) ?? [];
          return where === collection && key?.startsWith(page.prefix ?? "") ? key : undefined;
        },
        false,
      ),
    listCollections: (page) =>
      list(
        keyPrefix + collectionPrefix(page.prefix ?? ""),
        page,
        { store },
        (address) => {
          const [collection] = splitAddress(address) ?? [];
          return collection?.startsWith(page.prefix ?? "") ? collection : undefined;
        },
        true,
      ),
    destroyCollection: (collection) => destroy(keyPrefix + joinAddress(collection, ""), { store, collection }),
    destroy: () => destroy(keyPrefix, { store }),
  };
}

/** Whether a deadline that a script returned is ahead. An entry without a valid deadline is live. */
export function isLive(reply: string): boolean {
  return !((parseDate(reply.slice(1) || undefined) as number) <= Date.now());
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

function positionOf(cursor: string | undefined, details: ErrorDetails): Position {
  if (cursor === undefined) return ["0", [], []];
  try {
    const [scan, left, given] = JSON.parse(cursor) as Position;
    const names = [...left, ...given];
    if (/^\d*$/.test(scan) && names.every((name) => typeof name === "string")) return [scan, left, given];
  } catch {
    // Not JSON: the error below.
  }
  throw new KeyValueError("invalid_cursor", "the cursor is not from this store", details);
}
