import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Capability, Driver, DriverPage, SwapResult } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { Page } from "../../core/protocol.ts";
import { storedJson } from "../../core/stored-json.ts";
import { BY_DEADLINE, browserDatabase, resultOf } from "./database.ts";
import { entryInEnvelope } from "./envelope.ts";
import { browserFailure } from "./failure.ts";

/** Entries of a page, where nothing else is asked for, and of one request. */
const PAGE = 1000;

/** What is kept of an entry. The value is JSON text, so that it is JSON when it comes back, whoever wrote it. */
interface Stored extends Omit<Entry, "value"> {
  readonly json: string;
}

/** A driver over an IndexedDB database. Each operation is one transaction, which all tabs wait for. */
export function indexedDBDriver(database: string, onCorrupt: OnCorrupt): Driver<Capability> & { close(): void } {
  const store = "indexed-db";
  const { run, close } = browserDatabase(database);

  async function inTransaction<R>(
    mode: IDBTransactionMode,
    details: ErrorDetails,
    work: (entries: IDBObjectStore) => R | Promise<R>,
  ): Promise<R> {
    try {
      return await run(mode, work);
    } catch (cause) {
      throw browserFailure(cause, { store, ...details });
    }
  }

  function open(stored: Stored | undefined): Entry | "missing" | "corrupted" {
    if (stored === undefined) return "missing";
    const entry = entryInEnvelope(storedJson(Object(stored).json), Object(stored));
    return entry && typeof entry.version === "string" ? entry : "corrupted";
  }

  /** Returns the live entry that is stored. */
  function opened(stored: Stored | undefined, collection: string, key: string): Entry | undefined {
    const found = open(stored);
    if (typeof found === "object") return live(found);
    if (found === "missing" || onCorrupt === "miss") return undefined;
    const details = { store, collection, key };
    throw new KeyValueError("corrupted", "the stored value is not an entry of this store", details);
  }

  /** Writes an entry, or removes it, and returns its new version. */
  function put(entries: IDBObjectStore, collection: string, key: string, entry: Entry | undefined): string {
    const version = crypto.randomUUID();
    const kept = live(entry);
    if (!kept) entries.delete([collection, key]);
    else {
      const { value, createdAt, expiresAt } = kept;
      const times = expiresAt === undefined ? { createdAt } : { createdAt, expiresAt };
      entries.put({ json: JSON.stringify(value), ...times, version } satisfies Stored, [collection, key]);
    }
    return version;
  }

  const isLive = (stored: Stored) => {
    const found = open(stored);
    return typeof found === "object" && live(found) !== undefined;
  };

  /** Iterates over what is in a range, in the order of UTF-16 units. */
  async function* inRange(
    entries: IDBObjectStore,
    lower: readonly unknown[],
    isOpen: boolean,
    upper: readonly unknown[] | undefined,
    size: number,
  ): AsyncGenerator<readonly [collection: string, key: string, stored: Stored]> {
    let range = upper ? IDBKeyRange.bound(lower, upper, isOpen, true) : IDBKeyRange.lowerBound(lower, isOpen);
    for (;;) {
      const [keys, values] = await Promise.all([
        resultOf(entries.getAllKeys(range, size)),
        resultOf(entries.getAll(range, size)),
      ]);
      for (const [i, key] of (keys as [string, string][]).entries()) yield [...key, values[i] as Stored];
      const last = keys.at(-1);
      if (last === undefined || keys.length < size) return;
      range = upper ? IDBKeyRange.bound(last, upper, true, true) : IDBKeyRange.lowerBound(last, true);
    }
  }

  /** Where a collection ends: an array comes after every string. */
  const endOf = (collection: string) => [collection, []];

  async function holds(entries: IDBObjectStore, lower: unknown[], upper: unknown[] | undefined): Promise<boolean> {
    for await (const [, , stored] of inRange(entries, lower, false, upper, PAGE)) if (isLive(stored)) return true;
    return false;
  }

  return {
    name: store,
    consistency: "strong",

    read: (collection, keys) =>
      inTransaction("readonly", { collection, key: keys.length === 1 ? keys[0] : undefined }, async (entries) => {
        const found = await Promise.all(keys.map((key) => resultOf<Stored>(entries.get([collection, key]))));
        return found.map((stored, i) => opened(stored, collection, keys[i] as string));
      }),

    write: (collection, items) => {
      const failed = items.map(([key]) => key);
      const key = failed.length === 1 ? failed[0] : undefined;
      return inTransaction("readwrite", { collection, key, failed }, (entries) => {
        for (const [key, entry] of items) put(entries, collection, key, entry);
      });
    },

    remove: (collection, keys) =>
      inTransaction("readwrite", { collection, failed: keys }, async (entries) => {
        const found = await Promise.all(keys.map((key) => resultOf<Stored>(entries.get([collection, key]))));
        for (const key of keys) entries.delete([collection, key]);
        // A damaged value counts as removed: nothing says that it had expired.
        return found.filter((stored) => open(stored) === "corrupted" || (stored && isLive(stored))).length;
      }),

    swap: (collection, key, expected, next) =>
      inTransaction("readwrite", { collection, key }, async (entries): Promise<SwapResult> => {
        const current = opened(await resultOf(entries.get([collection, key])), collection, key);
        if (current?.version !== expected) return { ok: false, current };
        return { ok: true, version: put(entries, collection, key, next) };
      }),

    // The database and the code are in one process, so every operation can run in a transaction.
    operations: { has: () => true },
    apply: (collection, key, operation, args) =>
      inTransaction("readwrite", { collection, key }, async (entries) => {
        const entry = opened(await resultOf(entries.get([collection, key])), collection, key);
        const { next, result } = operation.run(entry, args, Date.now());
        if (next !== entry) put(entries, collection, key, next);
        return result;
      }),

    listKeys: (collection, { prefix = "", cursor, limit = PAGE }: DriverPage) =>
      inTransaction("readonly", { collection }, async (entries): Promise<Page> => {
        const names: string[] = [];
        const size = Math.min(limit + 1, PAGE);
        const lower = [collection, cursor ?? prefix];
        for await (const [, key, stored] of inRange(entries, lower, cursor !== undefined, endOf(collection), size)) {
          if (!key.startsWith(prefix)) break;
          if (!isLive(stored)) continue;
          if (names.length === limit) return { names, cursor: names.at(-1) };
          names.push(key);
        }
        return { names };
      }),

    listCollections: ({ prefix = "", cursor, limit = PAGE }) =>
      inTransaction("readonly", {}, async (entries): Promise<Page> => {
        const names: string[] = [];
        let lower: unknown[] | undefined = cursor === undefined ? [prefix] : endOf(cursor);
        while (lower) {
          let next: unknown[] | undefined;
          // Most collections begin with an entry that has not expired, so one is enough to know.
          for await (const [collection, , stored] of inRange(entries, lower, false, undefined, 1)) {
            if (!collection.startsWith(prefix)) break;
            if (!isLive(stored)) continue;
            if (names.length === limit) return { names, cursor: names.at(-1) };
            names.push(collection);
            next = endOf(collection);
            break;
          }
          lower = next;
        }
        return { names };
      }),

    destroyCollection: (collection) =>
      inTransaction("readwrite", { collection }, async (entries) => {
        const held = await holds(entries, [collection], endOf(collection));
        entries.delete(IDBKeyRange.bound([collection], endOf(collection)));
        return held;
      }),

    destroy: () =>
      inTransaction("readwrite", {}, async (entries) => {
        const held = await holds(entries, [], undefined);
        entries.clear();
        return held;
      }),

    cull: () =>
      inTransaction("readwrite", {}, async (entries) => {
        const range = IDBKeyRange.upperBound(Date.now());
        const expired = await resultOf(entries.index(BY_DEADLINE).getAllKeys(range));
        for (const key of expired) entries.delete(key);
        return expired.length;
      }),

    close,
  };
}
