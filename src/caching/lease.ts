import type { AnyDriver } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";
import type { JsonValue } from "../core/json.ts";

/** A result that lies in the store. The times are epoch milliseconds, and deadlines but for the first. */
export interface Kept {
  /** What was returned; `undefined` is a result, too. */
  readonly value: JsonValue | undefined;
  readonly at: number;
  /** Until when it is the answer. */
  readonly fresh: number;
  /** Until when it is the answer while it is made anew. */
  readonly stale: number;
  /** Until when it is the answer in place of a failure. */
  readonly onError: number;
}

/** The right to make the next result. Whoever takes over from a holder that ran out of time keeps the id. */
export interface Lease {
  readonly id: string;
  /** Who has it, another one each time it is taken. */
  readonly holder: string;
  readonly until: number;
}

/** What lies under a key: a result, the lease of who makes the next one, both, or neither. */
export interface Slot {
  readonly kept?: Kept | undefined;
  readonly lease?: Lease | undefined;
  readonly version?: string | undefined;
}

/** What becomes of a slot when its lease ends: another result, the one that it has, or none. */
export type Outcome = Kept | "keep" | "drop";

/** Leases lie in the store for so many times their length, so that a slow holder still finds its own and may finish. */
const LINGER = 10;

/**
 * Results and leases in a store, one entry a key.
 *
 * With `swap`, a result takes the place of the lease under which it was made and of nothing else: when another one
 * got there first, when a newer lease was forced, or when the entry was removed, it is given up.
 */
export interface Slots {
  /** Without it there are no leases. */
  readonly swap: AnyDriver["swap"];
  find(key: string, fresh?: boolean): Promise<Slot>;
  /** Leaves a lease, or answers with the slot when somebody else has changed it. */
  take(key: string, slot: Slot, lease: Lease): Promise<Slot | undefined>;
  /**
   * Ends a lease. A result needs one with the same id, whoever has taken it over meanwhile; to give it back without a
   * result it must still be the same. Without leases `current` says whether the outcome is wanted.
   */
  settle(key: string, lease: Lease, outcome: Outcome, current: () => boolean): Promise<void>;
  remove(key: string): Promise<void>;
}

export function slots(driver: AnyDriver, collection: string, leaseMs: number, leases: boolean): Slots {
  const { read, write, remove } = driver;
  const swap = leases ? driver.swap : undefined;

  const find = async (key: string, fresh = false): Promise<Slot> => {
    return slotOf((await read(collection, [key], fresh ? { fresh } : undefined))[0]);
  };

  /** Nothing is written for an outcome that has no deadline ahead: the entry goes. */
  const entryOf = (kept: Kept | undefined, lease?: Lease): Entry | undefined => {
    const linger = lease ? lease.until + leaseMs * (LINGER - 1) : 0;
    const expiresAt = Math.max(kept ? endOf(kept) : 0, linger);
    if (expiresAt <= Date.now()) return undefined;
    const times = kept && { at: kept.at, fresh: kept.fresh, stale: kept.stale, onError: kept.onError };
    const value = {
      __cached__: { ...times, ...(lease && { lease: { id: lease.id, holder: lease.holder, until: lease.until } }) },
      ...(kept?.value !== undefined && { value: kept.value }),
    };
    return { value, createdAt: kept?.at ?? Date.now(), expiresAt };
  };

  return {
    swap,
    find,

    async take(key, { kept, version }, lease) {
      const result = await swap!(collection, key, version, entryOf(kept, lease));
      if (result.ok) return undefined;
      const current = slotOf(result.current);
      // A client that sent the swap again may be told that it has already happened.
      return current.lease?.holder === lease.holder ? undefined : current;
    },

    async settle(key, lease, outcome, current) {
      if (!swap) {
        const entry = typeof outcome === "object" ? entryOf(outcome) : undefined;
        if (outcome === "keep" || !current()) return;
        if (entry) await write(collection, [[key, entry]]);
        if (!entry || !current()) await remove(collection, [key]);
        return;
      }
      for (let slot = await find(key, true); slot.lease?.id === lease.id; ) {
        if (outcome === "keep" && slot.lease.holder !== lease.holder) return;
        const kept = outcome === "keep" ? slot.kept : outcome === "drop" ? undefined : outcome;
        const result = await swap(collection, key, slot.version, entryOf(kept));
        if (result.ok) return;
        slot = slotOf(result.current);
      }
    },

    async remove(key) {
      await remove(collection, [key]);
    },
  };
}

/** Reads an entry; what is not of this kind counts as nothing, and so does a part of it that is damaged. */
function slotOf(entry: Entry | undefined): Slot {
  const { __cached__: inner, value }: { __cached__?: JsonValue; value?: JsonValue } = Object(entry?.value);
  const { at, fresh, stale, onError, lease }: Record<string, unknown> = Object(inner);
  const { id, until }: Record<string, unknown> = Object(lease);
  const kept = { value, at, fresh, stale, onError } as Kept;
  // A wrapper may have given the entry an earlier deadline than the result has, a lease one that is later.
  const end = Math.min(entry?.expiresAt ?? Number.POSITIVE_INFINITY, endOf(kept));
  return {
    version: entry?.version,
    kept: end > Date.now() && Number.isFinite(at) ? kept : undefined,
    lease: typeof id === "string" && Number.isFinite(until) ? (lease as Lease) : undefined,
  };
}

/** NaN, which is not after anything, where a time is damaged. */
function endOf({ fresh, stale, onError }: Kept): number {
  return [fresh, stale, onError].every(Number.isFinite) ? Math.max(fresh, stale, onError) : Number.NaN;
}
