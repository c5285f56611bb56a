import { toBytes } from "../../core/bytes.ts";
import type { Capability, Driver } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { addDeadline, type Mortal, removeDeadline } from "./deadlines.ts";
import { put, type Shelf, shelfPage } from "./shelf.ts";

/** The limits of a memory store. */
export interface MemoryLimits {
  readonly maxEntries?: number | undefined;
  readonly maxBytes?: number | undefined;
}

interface Held extends Entry, Mortal {
  readonly collection: string;
  readonly key: string;
  /** The number of the write that made it. The version is made from it on demand. */
  readonly serial: number;
  /** What it counts toward `maxBytes`. */
  readonly bytes: number;
}

/** The driver of `memoryStore`. */
export function memoryDriver(limits: MemoryLimits): Driver<Capability> {
  const { maxEntries = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = limits;
  const lossy = Math.min(maxEntries, maxBytes) < Number.POSITIVE_INFINITY;
  const collections: Shelf<Shelf<Held>> = { items: new Map() };
  const deadlines: Held[] = [];
  /** All entries from the least to the most recently used. Kept only where a limit needs the order. */
  const used = lossy ? new Set<Held>() : undefined;
  /** Every entry this iterator has passed was removed, so keep it: a new iterator would step over all removed places first. */
  const oldest = used?.values();
  let bytesHeld = 0;
  let writes = 0;

  const held = (collection: string, key: string) => collections.items.get(collection)?.items.get(key);

  /** The live entry under a key. */
  function find(collection: string, key: string): Held | undefined {
    const entry = live(held(collection, key));
    if (used && entry) {
      used.delete(entry);
      used.add(entry);
    }
    return entry;
  }

  /** The numbers of two stores, or of two lives of a process, would be the same without something random before them. */
  let life = "";
  function versionOf({ serial }: Held): string {
    life ||= crypto.randomUUID();
    return `${life}.${serial}`;
  }

  function versioned(entry: Held | undefined): Entry | undefined {
    return entry && { ...entry, version: versionOf(entry) };
  }

  function bytesOf(collection: string, key: string, { value }: Entry): number {
    if (maxBytes === Number.POSITIVE_INFINITY) return 0;
    const size = toBytes([collection, key, value]).length;
    if (size <= maxBytes) return size;
    const details = { store: "memory", collection, key, size, limit: maxBytes };
    throw new KeyValueError("too_large", `the entry has ${size} bytes, the limit is ${maxBytes}`, details);
  }

  function set(collection: string, key: string, entry: Entry): Held {
    const { value, createdAt, expiresAt } = entry;
    const bytes = bytesOf(collection, key, entry);
    const shelf = collections.items.get(collection) ?? { items: new Map<string, Held>() };
    const old = shelf.items.get(key);
    if (old) forget(old);
    const next: Held = { value, createdAt, expiresAt, serial: ++writes, collection, key, bytes, at: 0 };
    if (expiresAt !== undefined) addDeadline(deadlines, next);
    used?.add(next);
    bytesHeld += bytes;
    put(shelf, key, next);
    if (!old && shelf.items.size === 1) put(collections, collection, shelf);
    // Each write removes more than it can add, so no write pays for many others.
    if (dropExpired()) dropExpired();
    while (used && (used.size > maxEntries || bytesHeld > maxBytes)) {
      if (!dropExpired()) drop(oldest?.next().value);
    }
    return next;
  }

  /** Writes or removes the entry that an operation returns. */
  function replace(collection: string, key: string, next: Entry | undefined): string {
    if (next) return versionOf(set(collection, key, next));
    drop(held(collection, key));
    return "";
  }

  /** Removes an entry from everything except its collection. */
  function forget(entry: Held): void {
    if (entry.expiresAt !== undefined) removeDeadline(deadlines, entry);
    used?.delete(entry);
    bytesHeld -= entry.bytes;
  }

  function drop(entry: Held | undefined): boolean {
    if (!entry) return false;
    forget(entry);
    const { items } = collections.items.get(entry.collection)!;
    items.delete(entry.key);
    if (items.size === 0) collections.items.delete(entry.collection);
    return true;
  }

  /** Removes an entry that has expired, if there is one. */
  function dropExpired(): boolean {
    return !live(deadlines[0]) && drop(deadlines[0]);
  }

  /** Whether a collection holds something. Removes what has expired. */
  function holdsAny(collection: string): boolean {
    for (const entry of collections.items.get(collection)?.items.values() ?? []) {
      if (live(entry)) return true;
      drop(entry);
    }
    return false;
  }

  function destroyCollection(collection: string): boolean {
    const any = holdsAny(collection);
    collections.items.get(collection)?.items.forEach(drop);
    return any;
  }

  return {
    name: "memory",
    consistency: "strong",
    // An operation runs between two others, since nothing in it waits.
    operations: { has: () => true },
    ...(lossy && { lossy }),
    read(collection, keys, options) {
      const found = keys.length === 1 ? [find(collection, keys[0]!)] : keys.map((key) => find(collection, key));
      return options?.fresh ? found.map(versioned) : found;
    },
    write(collection, items) {
      // An entry that is too large fails before anything is written.
      if (items.length > 1) for (const [key, entry] of items) bytesOf(collection, key, entry);
      for (const [key, entry] of items) set(collection, key, entry);
    },
    remove(collection, keys) {
      const found = keys.map((key) => find(collection, key));
      for (const key of keys) drop(held(collection, key));
      return found.filter(Boolean).length;
    },
    listKeys(collection, page) {
      const shelf = collections.items.get(collection);
      return shelf ? shelfPage(shelf, (key) => live(shelf.items.get(key)) !== undefined, page) : { names: [] };
    },
    listCollections: (page) => shelfPage(collections, holdsAny, page),
    destroyCollection,
    destroy: () => [...collections.items.keys()].map(destroyCollection).includes(true),
    cull() {
      let culled = 0;
      while (dropExpired()) culled++;
      return culled;
    },
    swap(collection, key, expected, next) {
      const current = versioned(find(collection, key));
      if (current?.version !== expected) return { ok: false, current };
      return { ok: true, version: replace(collection, key, next) };
    },
    apply(collection, key, operation, args) {
      const entry = find(collection, key);
      const { next, result } = operation.run(entry, args, Date.now());
      if (next !== entry) replace(collection, key, next);
      return result;
    },
  };
}
