import type { Driver, DriverPage } from "../../core/driver.ts";
import { live } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { compareCodePoints } from "../../core/order.ts";
import type { Page } from "../../core/protocol.ts";
import { COMMIT_CHECKS, commitsOf, type DenoKVCalls, type DenoKVUse } from "./calls.ts";
import type { DenoKVEntry, DenoKVKey } from "./client.ts";
import { denoKVFailure } from "./failure.ts";
import { nameOf, partOf, prefixPartOf } from "./keys.ts";
import { open } from "./values.ts";

/** Entries of a page, where nothing else is asked for. */
const PAGE = 1000;

/** Entries that a page looks at. A page of a collection where most have expired may be shorter than asked for. */
const LOOKED_AT = 2000;

/** Entries in one call. They come with their values, of up to 64 KiB. */
const BATCH = 100;

type Listings = "listKeys" | "listCollections" | "destroyCollection" | "destroy" | "cull";

/** The listings of Deno KV, in code point order, and what walks over all entries of the store. */
export function denoKVListings(
  { kv, root, consistency }: DenoKVUse,
  commit: DenoKVCalls["commit"],
): Pick<Driver<Listings>, Listings> {
  const store = "deno-kv";

  /** Iterates over the entries below a key, from a part on. */
  async function* below(
    base: DenoKVKey,
    start: string,
    batchSize: number,
    details: ErrorDetails,
    fresh = false,
  ): AsyncGenerator<DenoKVEntry> {
    const options = { batchSize, consistency: fresh ? ("strong" as const) : consistency };
    try {
      for await (const found of kv.list({ prefix: base, start: [...base, start] }, options)) {
        const part = found.key[base.length];
        // A client may decode a key of others to one before the start. It would begin the same page again.
        if (typeof part === "string" && compareCodePoints(part, start) >= 0) yield found;
      }
    } catch (cause) {
      throw denoKVFailure(cause, details);
    }
  }

  /** Returns the part at which a page starts. A cursor is the part that was looked at last. */
  function startOf({ prefix = "", cursor }: DriverPage, details: ErrorDetails): string {
    const start = prefixPartOf(prefix);
    if (cursor === undefined) return start;
    if (!cursor.startsWith(start))
      throw new KeyValueError("invalid_cursor", "the cursor is of another listing", details);
    // Nothing is between a text and the same with a NUL.
    return `${cursor}\0`;
  }

  const isLive = (found: DenoKVEntry) => {
    const opened = open(found);
    return typeof opened === "object" && live(opened.entry) !== undefined;
  };

  async function removeAll(base: DenoKVKey, details: ErrorDetails): Promise<boolean> {
    let held = false;
    let keys: DenoKVKey[] = [];
    async function flush(): Promise<void> {
      for (const part of commitsOf(
        keys,
        (key) => key,
        () => 0,
      )) {
        const atomic = kv.atomic();
        for (const key of part) atomic.delete(key);
        await commit(atomic, details.collection, []);
      }
      keys = [];
    }
    for await (const found of below(base, "", BATCH, details, true)) {
      held ||= isLive(found);
      if (keys.push(found.key as DenoKVKey) === BATCH) await flush();
    }
    await flush();
    return held;
  }

  /** Removes expired entries if they are still there. Returns how many were. */
  async function removeExpired(expired: readonly DenoKVEntry[]): Promise<number> {
    if (expired.length === 0) return 0;
    const atomic = kv.atomic();
    for (const { key, versionstamp } of expired) {
      atomic.check({ key: key as DenoKVKey, versionstamp }).delete(key as DenoKVKey);
    }
    if ((await commit(atomic, undefined, [])).ok) return expired.length;
    if (expired.length === 1) return 0;
    let removed = 0;
    for (const one of expired) removed += await removeExpired([one]);
    return removed;
  }

  return {
    async listKeys(collection, page): Promise<Page> {
      const { prefix = "", limit = PAGE } = page;
      const details = { store, collection };
      const base = [...root, partOf(collection)];
      const names: string[] = [];
      let last: string | undefined;
      let lookedAt = 0;
      for await (const found of below(base, startOf(page, details), Math.min(limit + 1, BATCH), details)) {
        const part = found.key[base.length] as string;
        if (!part.startsWith(prefixPartOf(prefix))) break;
        if (names.length === limit || lookedAt++ === LOOKED_AT) return { names, cursor: last };
        last = part;
        const name = nameOf(part);
        if (name?.startsWith(prefix) && isLive(found)) names.push(name);
      }
      return { names };
    },

    async listCollections(page): Promise<Page> {
      const { prefix = "", limit = PAGE } = page;
      const details = { store };
      const names: string[] = [];
      let start: string | undefined = startOf(page, details);
      let last: string | undefined;
      while (start !== undefined) {
        let next: string | undefined;
        // Most collections begin with an entry that has not expired, so one is enough to know.
        for await (const found of below(root, start, 1, details)) {
          const part = found.key[root.length] as string;
          if (!part.startsWith(prefixPartOf(prefix))) break;
          if (names.length === limit) return { names, cursor: last };
          if (!isLive(found)) continue;
          const name = nameOf(part);
          if (name?.startsWith(prefix)) names.push(name);
          last = part;
          next = `${part}\0`;
          break;
        }
        start = next;
      }
      return { names };
    },

    destroyCollection: (collection) => removeAll([...root, partOf(collection)], { store, collection }),
    destroy: () => removeAll(root, { store }),

    async cull() {
      let culled = 0;
      let expired: DenoKVEntry[] = [];
      for await (const found of below(root, "", BATCH, { store }, true)) {
        const opened = open(found);
        if (typeof opened === "object" && !live(opened.entry)) expired.push(found);
        if (expired.length < COMMIT_CHECKS) continue;
        culled += await removeExpired(expired);
        expired = [];
      }
      return culled + (await removeExpired(expired));
    },
  };
}
