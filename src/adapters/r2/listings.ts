import { addressPrefix, joinAddress } from "../../core/address.ts";
import type { Driver, DriverPage } from "../../core/driver.ts";
import { live } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { Page } from "../../core/protocol.ts";
import type { R2Client, R2Stored } from "./bucket.ts";
import { NAME, r2Failure } from "./failure.ts";
import { addressOf, encodeName, nameStart } from "./names.ts";
import { timesOf } from "./object.ts";

/** What every store in R2 can list and destroy. */
export type ListCapability = "listKeys" | "listCollections" | "destroyCollection";

/** Names of one listing, and of one delete: developers.cloudflare.com/r2/api/workers/workers-api-reference. */
const NAMES_PER_CALL = 1000;

/** After every name that starts with a given text, since names have no such character. */
const AFTER_ALL = "\x7F";

/** The listings of a store whose names start with `ownPrefix`, and what destroys them. */
export function r2Listings(
  bucket: R2Client,
  ownPrefix: string,
): Pick<Driver<ListCapability | "destroy">, ListCapability> & Partial<Pick<Driver<"destroy">, "destroy">> {
  async function list(prefix: string, after: string | undefined, limit: number, details: ErrorDetails) {
    try {
      const startAfter = after === undefined ? {} : { startAfter: after };
      return await bucket.list({ prefix, ...startAfter, limit, include: ["customMetadata"] });
    } catch (error) {
      throw r2Failure(error, details);
    }
  }

  /** The address of an entry that has not expired. */
  function liveAddress(object: R2Stored): readonly [collection: string, key: string] | undefined {
    const times = timesOf(object);
    return times && live(times) && addressOf(object.key.slice(ownPrefix.length));
  }

  /** Goes on until there is a key: a page may have expired entries alone. */
  async function listKeys(collection: string, { prefix = "", cursor, limit }: DriverPage): Promise<Page> {
    const details = { store: NAME, collection };
    const start = ownPrefix + nameStart(addressPrefix(collection, prefix));
    if (cursor !== undefined && !cursor.startsWith(start)) {
      throw new KeyValueError("invalid_cursor", "the cursor is not from this listing", details);
    }
    let after = cursor;
    for (;;) {
      const { objects, truncated } = await list(
        start,
        after,
        Math.min(limit ?? NAMES_PER_CALL, NAMES_PER_CALL),
        details,
      );
      const addresses = objects.map(liveAddress);
      const names = addresses.flatMap((address) =>
        address?.[0] === collection && address[1].startsWith(prefix) ? [address[1]] : [],
      );
      after = objects.at(-1)?.key;
      if (!truncated || after === undefined) return { names };
      if (names.length > 0) return { names, cursor: after };
    }
  }

  /** Skips what is left of a collection as soon as it is known. */
  async function listCollections({ prefix = "", cursor, limit = Number.POSITIVE_INFINITY }: DriverPage): Promise<Page> {
    const endOf = (collection: string) => ownPrefix + encodeName(joinAddress(collection, "")) + AFTER_ALL;
    const names: string[] = [];
    let after = cursor === undefined ? undefined : endOf(cursor);
    for (;;) {
      const { objects, truncated } = await list(ownPrefix, after, NAMES_PER_CALL, { store: NAME });
      for (const object of objects) {
        const [collection] = liveAddress(object) ?? [];
        if (collection === undefined || !collection.startsWith(prefix) || collection === names.at(-1)) continue;
        if (names.length >= limit) return { names, cursor: names.at(-1) };
        names.push(collection);
      }
      const last = objects.at(-1)?.key;
      if (!truncated || last === undefined) return { names };
      const ends = names.slice(-1).map(endOf);
      after = ends.filter((end) => end > last).at(0) ?? last;
    }
  }

  /** Removes every object whose name starts with `prefix`; true if it removed an entry. */
  async function destroyAll(prefix: string, details: ErrorDetails): Promise<boolean> {
    let any = false;
    let after: string | undefined;
    let more = true;
    while (more) {
      const { objects, truncated } = await list(prefix, after, NAMES_PER_CALL, details);
      const names = objects.map(({ key }) => key);
      after = names.at(-1);
      more = truncated && after !== undefined;
      any ||= objects.some((object) => liveAddress(object));
      try {
        if (names.length > 0) await bucket.delete(names);
      } catch (error) {
        throw r2Failure(error, details);
      }
    }
    return any;
  }

  return {
    listKeys,
    listCollections,
    destroyCollection: (collection) =>
      destroyAll(ownPrefix + encodeName(joinAddress(collection, "")), { store: NAME, collection }),
    ...(ownPrefix !== "" && { destroy: () => destroyAll(ownPrefix, { store: NAME }) }),
  };
}
