import type { AnyDriver, Awaitable, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";

/** Puts copies of the entries that were read into the cache, by key. A key without a copy was missing. */
type Fill = (copies: ReadonlyMap<string, Entry>) => Promise<unknown>;

/** Fills a cache, and keeps out copies that a write has replaced since the read began. */
export interface Fills {
  /** Before the primary is read. `seen` is what the cache has instead of copies. The caller always calls the result. */
  begin(collection: string, keys: readonly string[], seen: readonly (Entry | undefined)[]): Awaitable<Fill>;
  /** After the primary was written, before copies are removed from the cache; without arguments: everything. */
  forget?(collection?: string, keys?: readonly string[]): void;
}

/** A read counts as dead after this many milliseconds: Workers may kill a request's unfinished work along with the request. */
const LEASE = 60_000;

const leaseOf = (entry: Entry | undefined): unknown => Object(live(entry)?.value).__lease__;

/**
 * For a cache with `swap`: a read leaves a lease there first, and a copy only takes the place of that lease. A write in any
 * isolate removes the lease, and because versions never repeat, a late copy is refused. Readers share a lease.
 */
export function leased({ read, write, swap }: Driver<"swap">): Fills {
  return {
    async begin(collection, keys, seen) {
      const id = crypto.randomUUID();
      const leases = seen.map((entry) => leaseOf(entry) ?? id);
      const lease = { value: { __lease__: id }, expiresAt: Date.now() + LEASE };
      const unleased = keys.flatMap((key, i) => (leases[i] === id ? [[key, lease] as const] : []));
      if (unleased.length > 0) await write(collection, unleased);
      return async (copies) => {
        const now = await read(collection, keys, { fresh: true });
        const ours = keys.filter((_, i) => leaseOf(now[i]) === leases[i]);
        const versions = new Map(keys.map((key, i) => [key, now[i]?.version]));
        await Promise.all(ours.map((key) => swap(collection, key, versions.get(key), copies.get(key))));
      };
    },
  };
}

/** A read of the primary. What it fills is current while nobody writes it. */
interface Reading {
  readonly collection: string;
  readonly keys: readonly string[];
  readonly current: Set<string>;
  readonly until: number;
}

/** For a cache without `swap`: within this store object, each read learns which of its keys were written meanwhile. */
export function guarded({ write, remove }: AnyDriver): Fills {
  /** The oldest come first. */
  const reads = new Set<Reading>();
  const byKey = new Map<string, Map<string, Set<Reading>>>();

  function end(read: Reading): void {
    const { collection, keys } = read;
    reads.delete(read);
    const readings = byKey.get(collection);
    for (const key of keys) {
      const others = readings?.get(key);
      others?.delete(read);
      if (others?.size === 0) readings?.delete(key);
    }
    if (readings?.size === 0) byKey.delete(collection);
  }

  return {
    begin(collection, keys) {
      const current = new Set(keys);
      const mine = { collection, keys, current, until: Date.now() + LEASE };
      for (const read of reads) {
        if (read.until > Date.now()) break;
        read.current.clear();
        end(read);
      }
      reads.add(mine);
      const readings = byKey.get(collection) ?? new Map<string, Set<Reading>>();
      byKey.set(collection, readings);
      for (const key of keys) readings.set(key, (readings.get(key) ?? new Set<Reading>()).add(mine));
      return async (copies) => {
        const items = [...copies].filter(([key]) => current.has(key));
        try {
          if (items.length > 0) await write(collection, items);
        } finally {
          end(mine);
          // Nothing waits for a fill, so a write may have come while this one was under way.
          const late = items.flatMap(([key]) => (current.has(key) ? [] : [key]));
          if (late.length > 0) await remove(collection, late);
        }
      };
    },
    forget(written, keys) {
      if (written !== undefined && keys) {
        const readings = byKey.get(written);
        for (const key of keys) for (const { current } of readings?.get(key) ?? []) current.delete(key);
        return;
      }
      for (const { collection, current } of reads) {
        if (written === undefined || written === collection) current.clear();
      }
    },
  };
}
