import type { Awaitable } from "../core/driver.ts";
import type { Access } from "./access.ts";
import { type Hooks, secondsSince } from "./hooks.ts";
import { type Answer, answerOf, copied, type Made, type Result, type Tag, toResult } from "./results.ts";
import type { Ended, Run, Runs } from "./runs.ts";
import type { Slot } from "./slot.ts";
import type { LeaseOutcome, Slots } from "./slots.ts";
import { stampsOf, type Tags } from "./tags.ts";

/** A result that is being made. */
export interface Making {
  readonly key: string;
  readonly run: Run;
  /** What was under the key when it began. */
  readonly slot: Slot | undefined;
  /** Whether it is a refresh: forced, or in the background. */
  readonly refreshes: boolean;
  /** What is under the key while this run has the lease. */
  held?: Slot | undefined;
  /** The answer for others. */
  answer?: Answer;
  /** The tags of the result, once they are known; nothing where one was invalidated meanwhile. */
  tagged?: Promise<readonly Tag[] | undefined>;
  /** Whether a renewal of the lease is on its way. */
  renewing?: boolean;
  /** Whether the result was stored, once that is known. It rejects when a failure of the store is to be thrown. */
  stored?: Promise<boolean> | undefined;
}

/** What makings need. */
export interface Tools {
  readonly access: Access;
  readonly places: Slots;
  readonly tags: Tags;
  readonly runs: Runs;
  readonly hooks: Hooks;
  readonly valid: ((value: unknown) => Awaitable<boolean>) | undefined;
  readonly onStoreError: "ignore" | "throw";
}

/** Milliseconds for which this isolate returns a result that could not be stored. */
const UNSTORED = 1000;

/** How runs make results and store them. */
export interface Makings {
  /** Starts a run. The results of all earlier ones are unwanted when this one is forced. */
  begin(key: string, slot: Slot | undefined, force: boolean, background: boolean): Making;
  /** Calls the function, and begins to store its result. */
  make(making: Making, work: (old: Result | undefined) => Promise<Made>): Promise<Ended>;
  /** Ends a run when everything is done. It never rejects: the caller has the failure. */
  complete(making: Making, ending: Promise<Ended>): Promise<void>;
}

export function makings({ access, places, tags, runs, hooks, valid, onStoreError }: Tools): Makings {
  const { guarded, look } = access;

  const begin: Makings["begin"] = (key, slot, force, background) => {
    const run = runs.start(key, () => renewLease(making));
    const making: Making = { key, run, slot, refreshes: force || background };
    run.stamps = slot?.stamps;
    if (force) runs.outdate(key, run);
    return making;
  };

  const make: Makings["make"] = async (making, work) => {
    const { key, slot, refreshes } = making;
    const start = Date.now();
    const before = (making.held ?? slot)?.stamps;
    let made: Made;
    try {
      made = await work((making.held ?? slot)?.result);
    } catch (failure) {
      making.stored = settle(making, { ending: "failed" }, "ignore");
      return { failure };
    }
    const now = Date.now();
    hooks.emit?.({ type: refreshes ? "refresh" : "miss", key, duration: secondsSince(start) });
    // The caller may change what the function returned, while others and the store still need it.
    const copy = { ...made, value: copied(made.value) };
    making.answer = answerOf(copy, now);
    if (made.tags?.length) making.tagged = tags.mark([[key, made.tags]], before, start).then(([marked]) => marked);
    making.stored = keepable(making, copy, now).then(
      async (result) => {
        // Others must not have what may be older than an invalidation.
        const isOutdated = making.tagged && !(await making.tagged);
        return settle(making, result ? { result } : { ending: isOutdated ? "released" : "unkept" });
      },
      async (error) => {
        await settle(making, { ending: "unkept" }, "ignore");
        if (onStoreError === "throw") throw error;
        hooks.reportUnstorable(error, key);
        return false;
      },
    );
    // Whoever awaits it later must not be too late to handle it.
    making.stored.catch(() => {});
    return { answer: answerOf(made, now) };
  };

  async function keepable(
    { tagged }: Making,
    { value, life, problem }: Made,
    now: number,
  ): Promise<Result | undefined> {
    const marked = await tagged;
    if (problem) throw problem.error;
    if (!life || (tagged && !marked)) return undefined;
    return !valid || (await valid(value)) ? toResult(value, now, life, marked) : undefined;
  }

  /** Stores how a run ended. Returns whether there is nothing left to store. */
  async function settle(
    { key, run, slot, held }: Making,
    outcome: LeaseOutcome,
    policy = onStoreError,
  ): Promise<boolean> {
    const done = await guarded(
      key,
      async () => {
        if (held) await places.settle(key, held, outcome);
        else if (!places.leases && run.wanted) await replace(run, slot, outcome);
        return true;
      },
      policy,
    );
    return done === true;
  }

  /** Stores how a run ended where no lease keeps an unwanted result out. */
  async function replace(run: Run, slot: Slot | undefined, outcome: LeaseOutcome): Promise<void> {
    const { key } = run;
    if ("result" in outcome) {
      await places.write([[key, outcome.result]]);
      // It may have become unwanted while it was on its way.
      if (!run.wanted) await places.remove([key]);
      // The others would put an older result over it, or one that is hardly newer: some stores take one write a second.
      else runs.outdate(key, run);
    } else if (outcome.ending !== "failed" && slot?.result) await places.remove([key]);
  }

  /** Shows the other isolates that this one is alive. */
  async function renewLease(making: Making): Promise<void> {
    const { held, key, stored, renewing } = making;
    if (!held?.lease?.holder || stored || renewing) return;
    making.renewing = true;
    // Without a version the store failed when the lease was taken, and may have taken it nevertheless.
    const seen = held.version === undefined ? (await look([key], true))?.[0] : held;
    if (seen?.lease?.holder === held.lease.holder) {
      const lease = { ...held.lease, beat: held.lease.beat + 1, until: Date.now() + held.lease.length };
      const renewed = await guarded(key, () => places.take(key, seen, lease), "ignore");
      // Another caller has taken over, or the entry was removed: the holder finds that out when it stores its result.
      if (renewed?.ok) making.held = renewed.slot;
    }
    making.renewing = false;
  }

  const complete: Makings["complete"] = async (making, ending) => {
    const { run } = making;
    await ending.then(
      async (ended) => {
        const forOthers = await endedFor(making, ended);
        // Those who wait for it then find no run, and start one.
        if ("skipped" in forOthers) runs.end(run);
        runs.finish(run, { value: forOthers });
      },
      (error) => runs.finish(run, { error }),
    );
    const stored = await making.stored?.catch(() => false);
    if (stored === false) await runs.linger(run, UNSTORED);
    runs.end(run);
  };

  /** How a run ended for those who wait for it. A result that may be older than an invalidation is for its caller alone. */
  async function endedFor({ run, answer, tagged }: Making, ended: Ended): Promise<Ended> {
    if (!answer) return ended;
    try {
      const marked = await tagged;
      if (tagged && !marked) return { skipped: true };
      if (marked) run.stamps = stampsOf(marked);
    } catch {
      // The store fails, which is told when the result is stored.
    }
    return { answer };
  }

  return { begin, make, complete };
}
