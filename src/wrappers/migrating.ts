import { type Changed, wrap } from "../combinators/index.ts";
import { narrower, several } from "../combinators/several.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import type { AnyDriver, CapabilitiesOf, Driver, Store } from "../core/driver.ts";
import { live } from "../core/entry.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { toDriver } from "../core/store.ts";
import { delay } from "../core/times.ts";
import { following } from "../migration/following.ts";
import { moving } from "../migration/moving.ts";
import { removing } from "../migration/removing.ts";
import { buried, REMOVED, tombstone, unburied } from "../migration/tombstones.ts";

/** Options of {@link migrating}. */
export interface MigratingOptions {
  /**
   * What the old store gets of a write: `"both"` writes the same there, and you can still go back; `"to"` removes the entry
   * there. Default: `"both"`.
   */
  readonly write?: "both" | "to" | undefined;
  /**
   * Whether a read moves an entry that only the old store has, if the new store takes it. Atomic operations always do.
   * Default: `true`.
   */
  readonly backfill?: boolean | undefined;
  /**
   * For how many seconds the new store remembers a removal. This must be longer than any operation takes, and longer than the
   * old store may still show an entry that was removed. 0, for the very end of a migration, remembers nothing.
   * Default: 3600.
   */
  readonly tombstoneTtl?: number | undefined;
}

/**
 * Makes a store that serves from a new store while entries move there from an old one. It looks in the old store for keys
 * that the new one knows nothing of. Meanwhile `copy` from `edge-key-value/migrate` moves the rest.
 *
 * A removed or expired entry does not come back, and nothing old replaces anything newer: an entry moves in one atomic step,
 * and only to where nothing is. A removal leaves a tombstone for `tombstoneTtl`, and so does an entry that ends sooner. In the
 * new store itself these look like entries, so begin and end a migration as docs/migration.md says.
 *
 * Atomic operations happen in the new store, once their entry has moved. A delete is a swap for each key: of several callers at
 * once, exactly one learns that it removed the entry. There are no listings, because neither store has all entries while they
 * move, and no collection can be destroyed in one step.
 *
 * @throws TypeError when the new store has no atomic operations.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { migrating } from "edge-key-value/wrappers/migrating";
 *
 * const [older, newer] = [memoryStore(), memoryStore()];
 * const store = migrating(older, newer);
 * await store.put("user:1", { name: "Alice" });
 * ```
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
    return {
      name: "migrating",
      ...several([older, newer]),
      limits: narrower(driver.limits, write === "both" ? older.limits : { keyBytes: older.limits?.keyBytes }),
      async read(collection, keys, how) {
        const found = await read(collection, keys, how?.fresh ? "must" : backfill ? "may" : "leave");
        return found.map(live);
      },
      write(collection, items) {
        const kept = items.map(([key, entry]) => [key, buried(entry, keep)] as const);
        return follow(collection, items, () => newer.write(collection, kept));
      },
      remove: removing(older, newer, follow, keep),
      async swap(collection, key, expected, next) {
        // The new store keeps an entry beyond its end, so look whether the expected one has ended in the meantime.
        const [there] = await read(collection, [key], "must");
        const current = live(there);
        if (current?.version !== expected) return { ok: false, current };
        if (there && !current && !next) return { ok: true, version: "" };
        // The stored deadline of an entry that is kept beyond its end is not its own, so it must not stay.
        const wasKept = there?.createdAt === undefined;
        const kept = next ? buried(wasKept ? { ...next, keepsDeadline: undefined } : next, keep) : tombstone(keep);
        // A caller who expects no entry may replace a tombstone.
        const swap = () => newer.swap(collection, key, there?.version, kept);
        const result = await follow(collection, [[key, next ?? REMOVED]], swap);
        return result.ok ? result : { ok: false, current: result.current && live(unburied(result.current)) };
      },
      ...(driver.cull && { cull: driver.cull }),
    };
  });
}
