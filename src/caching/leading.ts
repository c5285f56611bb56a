import { KeyValueError } from "../core/errors.ts";
import type { Access } from "./access.ts";
import { type Hooks, secondsSince } from "./hooks.ts";
import { answerIn, type RunCall } from "./judging.ts";
import { acquire, hasEnded } from "./leases.ts";
import type { Making, Makings } from "./making.ts";
import type { Answer } from "./results.ts";
import type { Ended, Runs } from "./runs.ts";
import type { Slot } from "./slot.ts";

/** What runs need. */
export interface LeadingTools {
  readonly access: Access;
  readonly makings: Makings;
  readonly runs: Runs;
  readonly hooks: Hooks;
  /** Whether callers use leases to agree on who makes a result. */
  readonly leases: boolean;
  readonly onStoreError: "ignore" | "throw";
}

/** Runs that make results, one for all calls of this isolate. */
export interface Leading {
  /** Starts a run. It gets the lease of the key first, unless `asksForLease` is `false`. */
  lead(slot: Slot | undefined, call: RunCall, asksForLease?: boolean): Promise<Ended>;
  /** Whether somebody is making the next result already, as far as this isolate and the slot show. */
  isUnderWay(slot: Slot, key: string): boolean;
}

export function leadingOf({ access, makings, runs, hooks, leases, onStoreError }: LeadingTools): Leading {
  const { look, take } = access;
  const { begin, make, complete } = makings;

  /** Gets the lease and makes a result, or takes what comes from whoever had the lease. */
  async function makeUnderLease(making: Making, seen: Slot, call: RunCall): Promise<Ended> {
    const { key, force = false, patience, gone } = call;
    const start = Date.now();
    /** The answer in a slot. A refresh in the background needs a fresh one. */
    const answerNow = (slot: Slot, isNew: boolean): Answer | undefined => {
      const found = answerIn(slot, call, isNew);
      return found?.state === "stale" && !patience ? undefined : found;
    };
    const acquired = await acquire({
      ...{ seen, force, patience, gone },
      look: async () => (await look([key], true))?.[0],
      take: (slot, lease) => take(key, slot, lease),
      enough: (slot) => answerNow(slot, slot.result?.at !== seen.result?.at) !== undefined,
    });
    if (acquired.kind !== "lease") hooks.emit?.({ type: "wait", key, duration: secondsSince(start) });
    switch (acquired.kind) {
      case "result":
        return { answer: { ...answerNow(acquired.slot, true)!, state: "shared" } };
      case "failed":
        return {
          failure: new KeyValueError("unavailable", "the function failed for the caller that made the result", { key }),
        };
      case "busy":
        if (!patience) return { skipped: true };
        // The first of those who make a result under the same lease stores it; only its holder can give the lease back.
        making.held = { ...acquired.slot, lease: { ...acquired.lease, holder: "" }, version: undefined };
        break;
      case "lease":
        making.held = acquired.held;
        making.run.leased = acquired.held.lease && { lease: acquired.held.lease, moment: runs.moment() };
    }
    return make(making, call.make);
  }

  return {
    async lead(slot, call, asksForLease = leases) {
      const making = begin(call.key, slot, call.force === true, call.patience === undefined);
      const ending = asksForLease && slot ? makeUnderLease(making, slot, call) : make(making, call.make);
      const isKept = hooks.keepAlive(complete(making, ending), call.scope, call.key);
      try {
        return await ending;
      } finally {
        if (!isKept || onStoreError === "throw") await making.stored;
      }
    },

    isUnderWay({ lease }, key) {
      const run = runs.current(key);
      return (run !== undefined && !run.outcome) || (leases && lease !== undefined && !hasEnded(lease));
    },
  };
}
