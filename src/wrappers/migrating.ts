import { type Changed, wrap } from "../combinators/index.ts";
import { narrower, several } from "../combinators/several.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import type { AnyDriver, CapabilitiesOf, Driver, Store } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { toDriver } from "../core/store.ts";
import { delay } from "../core/times.ts";
import { following } from "../migration/following.ts";
import { moving } from "../migration/moving.ts";
import { buried, REMOVED, unburied } from "../migration/tombstones.ts";

/** Options of {@link migrating}. */
export interface MigratingOptions {
  /** What the old store gets of a write: the same, so that one can go back, or a removal with `"to"`. Default: `"both"`. */
  readonly write?: "both" | "to" | undefined;
  /** Whether a read moves what it finds in the old store alone; an atomic operation always does. Default: true. */
  readonly backfill?: boolean | undefined;
  /**
   * For how many seconds the new store remembers a removal. Default: 3600. It must be longer than any operation takes, and
   * than the old store may show what has been removed; 0, for the very end of a migration, remembers nothing.
   */
  readonly tombstoneTtl?: number | undefined;
}

/**
 * A store that serves from a new store while entries move there from an old one, where it looks up what the new one
 * knows nothing of. `copy` from `edge-key-value/migrate` moves the rest meanwhile.
 *
 * A removed or expired entry does not come back, and nothing old replaces what is newer: an entry moves in one atomic
 * step, only to where nothing is, and a removal keeps its place for `tombstoneTtl`, as does an entry that ends sooner.
 * In the new store itself these look like entries, so how to begin and end matters: see docs/migration.md.
 *
 * Atomic operations happen in the new store, once their entry has moved. No listing of two stores is right while
 * entries move, and no collection can be destroyed in one step: these methods are gone.
 *
 * @throws TypeError when the new store has no atomic operations.
 */
export function migrating<T extends Store<"swap">>(
  from: AsyncKeyValue,
  to: T,
  options: MigratingOptions = {},
): Changed<T, "swap" | Extract<CapabilitiesOf<T>, "cull">> {
  const { write = "both", backfill = true, tombstoneTtl = 3600 } = checkOptions(options, { backfill: "boolean" });
  const keep = delay(tombstoneTtl, "tombstoneTtl");
  oneOf(write, "write", ["both", "to"]);
  const older: AnyDriver = toDriver(from);
  return wrap(to, (driver) => {
    if (!driver.swap) throw new TypeError("migrating needs a new store with atomic operations");
    const newer = driver as Driver<"swap">;
    const read = moving(older, newer, keep);
    const follow = following(older, newer, write);
    const put = (collection: string, items: readonly (readonly [key: string, entry: Entry])[]) => {
      const kept = items.map(([key, entry]) => [key, buried(entry, keep)] as const);
      return follow(collection, items, () => newer.write(collection, kept));
    };
    return {
      name: "migrating",
      ...several([older, newer]),
      limits: narrower(driver.limits, write === "both" ? older.limits : { keyBytes: older.limits?.keyBytes }),
      async read(collection, keys, how) {
        const found = await read(collection, keys, how?.fresh ? "must" : backfill ? "may" : "leave");
        return found.map(live);
      },
      write: put,
      async remove(collection, keys) {
        const found = await read(collection, keys, "leave");
        const removals = keys.map((key) => [key, REMOVED] as const);
        await put(collection, removals);
        return found.filter(live).length;
      },
      async swap(collection, key, expected, next = REMOVED) {
        // The new store keeps an entry beyond its end, so look whether the one that is expected has ended meanwhile.
        const [there] = await read(collection, [key], "must");
        const current = live(there);
        if (current?.version !== expected) return { ok: false, current };
        if (there && !current && next === REMOVED) return { ok: true, version: "" };
        // To a caller who expects nothing, a tombstone is nothing: it can be replaced.
        const swap = () => newer.swap(collection, key, there?.version, buried(next, keep));
        const result = await follow(collection, [[key, next]], swap);
        return result.ok ? result : { ok: false, current: result.current && live(unburied(result.current)) };
      },
      ...(driver.cull && { cull: driver.cull }),
    };
  });
}
