import { live } from "../../checks.ts";
import type { AnyDriver, Awaitable, Driver, Entry } from "../../driver.ts";
import { has } from "./bytes.ts";

/** Puts copies of what was read into the cache, by key; a key without a copy was missing. */
export type Fill = (copies: ReadonlyMap<string, Entry>) => Promise<unknown>;

/** How copies get into a cache such that none comes back which a write has replaced since the read began. */
export interface Fills {
  /** Before the primary is read. `seen` is what the cache has in place of copies; the result is called in any case. */
  begin(collection: string, keys: readonly string[], seen: readonly (Entry | undefined)[]): Awaitable<Fill>;
  /** After the primary was written, before copies are removed from the cache; without arguments: everything. */
  forget?(collection?: string, keys?: readonly string[]): void;
}

/** Milliseconds after which a lease is gone that nobody gave back. */
const LEASE = 60_000;

/**
 * For a cache with `swap`: a read leaves a lease there first, and a copy only takes the place of that lease. A write
 * removes it, from whichever isolate, and since no version comes twice a late copy is refused. Readers share a lease.
 */
export function leased({ read, write, swap }: Driver<"swap">): Fills {
  const leaseOf = (entry: Entry | undefined) =>
    entry && has(entry.value, "__lease__") ? entry.value.__lease__ : undefined;
  return {
    async begin(collection, keys, seen) {
      const id = crypto.randomUUID();
      const leases = keys.map((_, i) => leaseOf(live(seen[i])) ?? id);
      const entry = { value: { __lease__: id }, expiresAt: Date.now() + LEASE };
      const unleased = keys.filter((_, i) => leases[i] === id);
      if (unleased.length > 0)
        await write(
          collection,
          unleased.map((key) => [key, entry]),
        );
      return async (copies) => {
        const now = await read(collection, keys, { fresh: true });
        const ours = keys.flatMap((key, i) => (leaseOf(now[i]) === leases[i] ? [[key, now[i]?.version] as const] : []));
        await Promise.all(ours.map(([key, version]) => swap(collection, key, version, copies.get(key))));
      };
    },
  };
}

/** For a cache without `swap`: within this store object, reads are told which of their keys were written meanwhile. */
export function guarded({ write, remove }: AnyDriver): Fills {
  const listeners = new Set<NonNullable<Fills["forget"]>>();
  return {
    begin(collection, keys) {
      const current = new Set(keys);
      const listener: NonNullable<Fills["forget"]> = (written = collection, changed = keys) => {
        if (written === collection) for (const key of changed) current.delete(key);
      };
      listeners.add(listener);
      return async (copies) => {
        const items = [...copies].filter(([key]) => current.has(key));
        try {
          if (items.length > 0) await write(collection, items);
        } finally {
          listeners.delete(listener);
          // Nothing waits for a fill, so a write may have come while this one was under way.
          const late = items.flatMap(([key]) => (current.has(key) ? [] : [key]));
          if (late.length > 0) await remove(collection, late);
        }
      };
    },
    forget(collection, keys) {
      for (const listener of listeners) listener(collection, keys);
    },
  };
}
