import { joinAddress } from "../../core/address.ts";
import { string } from "../../core/checks.ts";
import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Driver, SwapResult } from "../../core/driver.ts";
import { eachKey } from "../../core/each-key.ts";
import { type Entry, live } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { inLanes } from "../../core/lanes.ts";
import type { R2Client, R2Condition, R2Stored } from "./bucket.ts";
import { NAME, r2Failure } from "./failure.ts";
import { type ListCapability, r2Listings } from "./listings.ts";
import { encodeName, objectName } from "./names.ts";
import { decodeObject, encodeObject, type Found, liveTag, timesOf, versionOf, writingOf } from "./object.ts";

/**
 * Limits: developers.cloudflare.com/r2/platform/limits. That of values, 4.995 GiB, is more than a text of JavaScript can
 * hold.
 */
const KEY_BYTES = 1024;

/** A Worker can wait for the headers of six connections at once: developers.cloudflare.com/workers/platform/limits. */
const CONNECTIONS = 6;

/** Names of one delete. */
const NAMES_PER_DELETE = 1000;

/** What takes the place of an entry that a swap removes: R2 has no delete with a condition. */
const REMOVED: Entry = { value: 0, expiresAt: 0 };

/** The object form of a condition would take `*` for an entity tag. Only in the header it stands for any. */
const ifAbsent = () => new Headers({ "If-None-Match": "*" }) as R2Condition;

/** What every store in R2 can do. */
export type R2Capability = ListCapability | "swap";

/** A driver over a bucket, as `r2Store` describes it. */
export function r2Driver(
  bucket: R2Client,
  keyPrefix: string | undefined,
  onCorrupt: OnCorrupt,
): Driver<R2Capability> & Partial<Driver<"destroy">> {
  // Joined like a collection, so that no prefix is the start of another: `app` owns nothing of `app2`.
  const ownPrefix = keyPrefix === undefined ? "" : encodeName(joinAddress(string(keyPrefix, "keyPrefix"), ""));

  /** Names are ASCII, so their length is that of their bytes. */
  function nameOf(collection: string, key: string): string {
    const name = ownPrefix + objectName(collection, key);
    if (name.length <= KEY_BYTES) return name;
    const details = { store: NAME, collection, key, size: name.length, limit: KEY_BYTES };
    throw new KeyValueError("too_large", `the name is ${name.length} bytes; the limit is ${KEY_BYTES}`, details);
  }

  async function find(collection: string, key: string): Promise<Found | undefined> {
    const details = { store: NAME, collection, key };
    try {
      const object = await bucket.get(nameOf(collection, key));
      return object ? await decodeObject(object, onCorrupt, details) : undefined;
    } catch (error) {
      throw r2Failure(error, details);
    }
  }

  async function put(
    collection: string,
    key: string,
    text: string,
    entry: Entry,
    onlyIf?: R2Condition,
  ): Promise<R2Stored | null> {
    const name = nameOf(collection, key);
    const writing = writingOf(entry);
    try {
      return await (onlyIf ? bucket.put(name, text, { ...writing, onlyIf }) : bucket.put(name, text, writing));
    } catch (error) {
      throw r2Failure(error, { collection, key });
    }
  }

  async function swap(
    collection: string,
    key: string,
    expected: string | undefined,
    next: Entry | undefined,
  ): Promise<SwapResult> {
    const id = crypto.randomUUID();
    const written = next ?? REMOVED;
    const text = encodeObject(written, id);
    let tag = expected === undefined ? undefined : liveTag(expected);
    if (expected !== undefined && tag === undefined) {
      return { ok: false, current: live((await find(collection, key))?.entry) };
    }
    for (;;) {
      const onlyIf = tag === undefined ? ifAbsent() : { etagMatches: tag };
      const stored = await put(collection, key, text, written, onlyIf);
      if (stored) return { ok: true, version: versionOf(stored.etag, written.expiresAt) };
      const found = await find(collection, key);
      // Whatever has sent the write twice on the way, the first one has happened.
      if (found?.id === id) return { ok: true, version: versionOf(found.etag, written.expiresAt) };
      const current = live(found?.entry);
      if (expected !== undefined || current) return { ok: false, current };
      // What is there has expired, or has gone in the meantime.
      tag = found?.etag;
    }
  }

  return {
    name: NAME,
    consistency: "strong",
    limits: { keyBytes: KEY_BYTES },

    async read(collection, keys) {
      const unique = [...new Set(keys)];
      for (const key of unique) nameOf(collection, key);
      const entries = new Map<string, Entry | undefined>();
      await inLanes(unique, CONNECTIONS, async (key) => {
        entries.set(key, live((await find(collection, key))?.entry));
      });
      return keys.map((key) => entries.get(key));
    },

    async write(collection, items) {
      for (const [key] of items) nameOf(collection, key);
      const write = async (entry: Entry, key: string) => {
        if (live(entry)) await put(collection, key, encodeObject(entry, crypto.randomUUID()), entry);
        else await bucket.delete([nameOf(collection, key)]);
      };
      const details = { store: NAME, collection };
      await eachKey(items, CONNECTIONS, details, write, (cause, key) => r2Failure(cause, { ...details, key }));
    },

    async remove(collection, keys) {
      const names = keys.map((key) => nameOf(collection, key));
      const there = new Set<string>();
      try {
        await inLanes(names, CONNECTIONS, async (name) => {
          const object = await bucket.head(name);
          // What is no entry counts as removed: nothing says that it has expired.
          if (object && live(timesOf(object) ?? {})) there.add(name);
        });
        for (let at = 0; at < names.length; at += NAMES_PER_DELETE) {
          await bucket.delete(names.slice(at, at + NAMES_PER_DELETE));
        }
      } catch (error) {
        throw r2Failure(error, { collection, failed: keys, ...(keys.length === 1 && { key: keys[0] }) });
      }
      return there.size;
    },

    ...r2Listings(bucket, ownPrefix),
    swap,
  };
}
