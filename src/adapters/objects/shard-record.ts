import type { SqlTables } from "./tables.ts";
import type { CallFailure } from "./wire.ts";

/** Why a call is not carried out. */
export type Refusal = CallFailure["failure"];

/**
 * What a caller knows of the number of shards. `true`: the object is the first, which decides. A number: the first
 * object has agreed, in this epoch. `false`: the first object has not been asked.
 */
export type ShardClaim = boolean | number;

/**
 * The number of shards that an object has recorded.
 *
 * The first object decides it, and the others are told. After `destroy` it is open again; what was agreed before no
 * longer counts then, even if it is still on its way. So each agreement has an epoch, which every object keeps.
 */
export interface ShardRecord {
  /** Admits a call, or returns why it is refused. */
  admit(shards: number, claim: ShardClaim): Refusal | undefined;
  /** The epoch of what was agreed. */
  epoch(): number;
  /** Starts a new epoch: agreements that are still on their way no longer count. */
  renew(): number;
  /** Forgets the number after `destroy`; what was agreed before the epoch of this claim no longer counts. */
  forget(claim: ShardClaim): void;
}

/** @param wipe Removes all entries. */
export function shardRecord(tables: SqlTables, wipe: () => void): ShardRecord {
  let cached: { readonly generation: number; readonly shards: number | undefined; readonly epoch: number } | undefined;

  /** Is read once, not at each call, unless the tables were created anew meanwhile. */
  function recorded() {
    if (cached?.generation !== tables.generation) {
      const shards = tables.recall("shards");
      cached = { shards, epoch: tables.recall("epoch") ?? 0, generation: tables.generation };
    }
    return cached as NonNullable<typeof cached>;
  }

  function record(shards: number, epoch: number): void {
    tables.remember("epoch", epoch);
    tables.remember("shards", shards);
    cached = { shards, epoch, generation: tables.generation };
  }

  function renew(): number {
    const epoch = Math.max(Date.now(), recorded().epoch + 1);
    tables.remember("epoch", epoch);
    cached = undefined;
    return epoch;
  }

  return {
    renew,
    epoch: () => recorded().epoch,

    admit(shards, claim) {
      const { shards: known, epoch } = recorded();
      if (known === shards) return undefined;
      if (known === undefined) {
        if (claim === true) record(shards, Math.max(Date.now(), epoch + 1));
        else if (claim === false || claim < epoch) return { code: "unclaimed" };
        else record(shards, claim);
        return undefined;
      }
      if (claim === false) return { code: "unclaimed" };
      if (claim === true || claim <= epoch) return misconfigured(shards, known);
      // The number was agreed anew after a `destroy`, and what is here was written beside it.
      wipe();
      record(shards, claim);
      return undefined;
    },

    forget(claim) {
      if (typeof claim === "number" && claim > recorded().epoch) tables.remember("epoch", claim);
      tables.attempt(() => tables.run("DELETE FROM edge_key_value_meta WHERE name = 'shards'"));
      cached = undefined;
    },
  };
}

function misconfigured(shards: number, known: number): Refusal {
  const message = `the store was made with shards: ${shards}, but its entries are spread over ${known}`;
  return { code: "misconfigured", message };
}
