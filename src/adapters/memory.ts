import { count } from "../core/checks.ts";
import type { Capability, Driver, Store } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { pageOf } from "../core/order.ts";
import { createStore, type StoreOptions } from "../core/store.ts";

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions extends StoreOptions {
  /** The most entries to hold, over all collections; beyond it the least recently used one goes. Default: no limit. */
  readonly maxEntries?: number | undefined;
}

interface Held extends Entry {
  readonly collection: string;
  readonly key: string;
  /** The number of the write that made it, of which its version is made when somebody asks. */
  readonly serial: number;
}

/**
 * A store in the memory of this process or isolate.
 *
 * | | |
 * |---|---|
 * | Consistency | strong, within the store object |
 * | Limits | memory, or `maxEntries` |
 * | Calls per operation | none |
 * | Stores | values, never references to the caller's objects |
 *
 * It starts no timer. Later writes reclaim expired entries, so memory stays bounded even if nobody reads.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 *
 * const store = memoryStore({ maxEntries: 10_000 });
 * await store.put("user:1", { name: "Alice" }, { collection: "users", ttl: 3600 });
 * await store.get("user:1", { collection: "users" }); // => { name: "Alice" }
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store<Capability> {
  return createStore(memoryDriver(options), options);
}

function memoryDriver({ maxEntries }: MemoryStoreOptions): Driver<Capability> {
  count(maxEntries, "maxEntries");
  const collections = new Map<string, Map<string, Held>>();
  /** All entries from the least to the most recently used; only kept where somebody needs the order. */
  const used = maxEntries === undefined ? undefined : new Set<Held>();
  /** What it has passed is gone. A new iterator would first have to step over the places of all that was removed. */
  const oldest = used?.values();
  let writes = 0;
  let writesUntilCull = 1000;

  /** The live entry under a key. */
  function find(collection: string, key: string): Held | undefined {
    const held = live(collections.get(collection)?.get(key));
    if (used && held) {
      used.delete(held);
      used.add(held);
    }
    return held;
  }

  /** The numbers of two stores, or of two lives of a process, would be the same without something random before them. */
  let life = "";
  function versionOf({ serial }: Held): string {
    life ||= crypto.randomUUID();
    return `${life}.${serial}`;
  }

  function versioned(held: Held | undefined): Entry | undefined {
    return held && { ...held, version: versionOf(held) };
  }

  function set(collection: string, key: string, { value, createdAt, expiresAt }: Entry): Held {
    const entries = collections.get(collection) ?? new Map<string, Held>();
    const held = { value, createdAt, expiresAt, serial: ++writes, collection, key };
    if (used) {
      used.delete(entries.get(key) as Held);
      used.add(held);
    }
    collections.set(collection, entries.set(key, held));
    if (used && used.size > (maxEntries as number)) drop(oldest?.next().value);
    if (--writesUntilCull === 0) cull();
    return held;
  }

  /** Puts or removes what an operation makes of an entry. */
  function replace(collection: string, key: string, next: Entry | undefined): string {
    if (next) return versionOf(set(collection, key, next));
    drop(collections.get(collection)?.get(key));
    return "";
  }

  function drop(held: Held | undefined): void {
    if (!held) return;
    const entries = collections.get(held.collection) as Map<string, Held>;
    used?.delete(held);
    entries.delete(held.key);
    if (entries.size === 0) collections.delete(held.collection);
  }

  function cull(): number {
    let seen = 0;
    let culled = 0;
    for (const entries of collections.values()) {
      for (const held of entries.values()) {
        seen++;
        if (live(held)) continue;
        drop(held);
        culled++;
      }
    }
    // Each write pays for a constant part of the next pass, and no more can pile up than was alive at this one.
    writesUntilCull = seen - culled + 1000;
    return culled;
  }

  const alive = (collection: string) => [...(collections.get(collection)?.values() ?? [])].filter(live);

  function destroyCollection(collection: string): boolean {
    const any = alive(collection).length > 0;
    collections.get(collection)?.forEach(drop);
    return any;
  }

  return {
    name: "memory",
    consistency: "strong",
    // An operation runs between two others, since nothing in it waits.
    operations: { has: () => true },
    ...(maxEntries !== undefined && { lossy: true }),
    read(collection, keys, options) {
      const found =
        keys.length === 1 ? [find(collection, keys[0] as string)] : keys.map((key) => find(collection, key));
      return options?.fresh ? found.map(versioned) : found;
    },
    write(collection, items) {
      for (const [key, entry] of items) set(collection, key, entry);
    },
    remove(collection, keys) {
      const found = keys.map((key) => find(collection, key));
      for (const key of keys) drop(collections.get(collection)?.get(key));
      return found.filter(Boolean).length;
    },
    listKeys: (collection, page) =>
      pageOf(
        alive(collection).map(({ key }) => key),
        page,
      ),
    listCollections: (page) =>
      pageOf(
        [...collections.keys()].filter((collection) => alive(collection).length > 0),
        page,
      ),
    destroyCollection,
    destroy: () => [...collections.keys()].map(destroyCollection).includes(true),
    cull,
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
