import { settledWithin } from "../core/times.ts";
import type { Access } from "./access.ts";
import { type Hooks, secondsSince } from "./hooks.ts";
import type { Joins } from "./joins.ts";
import { answerIn, type CacheCall, isTooOld, type RunCall, standIn, type Wanted } from "./judging.ts";
import type { Leading } from "./leading.ts";
import { patienceOf } from "./patience.ts";
import { type Answer, isPlainData, shared } from "./results.ts";
import type { Ended, Runs } from "./runs.ts";
import type { Slot } from "./slot.ts";
import { haveChanged, type Tags } from "./tags.ts";

/** Returns the stored result, or a new one. */
export type Recall = (key: string, wanted: Wanted) => Promise<Answer>;

/** What a call uses on its way. */
export interface RecallTools {
  readonly access: Access;
  readonly tags: Tags;
  readonly runs: Runs;
  readonly joins: Joins<Answer>;
  readonly leading: Leading;
  readonly hooks: Hooks;
  /** The most milliseconds that a call waits for others. */
  readonly longestWait: number;
}

/**
 * The flow of a call, from top to bottom.
 *
 * It joins a call of its scope for the same key. Or it looks into the store: a fresh result is the answer, and a stale one
 * is the answer while a run makes the next. Otherwise it waits for the run of its isolate, or leads one.
 */
export function recalling({ access, tags, runs, joins, leading, hooks, longestWait }: RecallTools): Recall {
  const { look } = access;
  const { lead, isUnderWay } = leading;

  async function recall(key: string, wanted: Wanted): Promise<Answer> {
    const { scope, force, accepts, judge } = wanted;
    const joinsOthers = !force && !accepts && !judge;
    const began = runs.moment();
    const earlier = joinsOthers && !tags.known(key) ? joins.find(scope, key) : undefined;
    const joined = earlier && (await earlier.promise);
    if (joined && !joined.isTagged) return shared(joined);
    // A tag may have been invalidated after that call had begun: only one that began later is new enough.
    const later = joined && joins.find(scope, key);
    if (later && later.began > began) return shared(await later.promise);
    const promise = answer({ ...wanted, key, began });
    if (!joinsOthers) return await promise;
    const leave = joins.add(scope, key, promise, runs.moment());
    try {
      return await promise;
    } finally {
      leave();
    }
  }

  async function answer(call: CacheCall): Promise<Answer> {
    const { key } = call;
    const slot = call.slot ?? (await look([key]))?.[0];
    const stored = slot && answerIn(slot, call, false);
    if (!stored) return await newAnswer(slot, { ...call, patience: patienceOf(longestWait) });
    const { state, at } = stored;
    hooks.emit?.({ type: state === "hit" ? "hit" : "stale", key, age: secondsSince(at) });
    if (state === "stale" && !isUnderWay(slot, key)) watch(lead(slot, { ...call, patience: undefined }), key);
    return stored;
  }

  /** A new result; the old one where that takes too long or fails. */
  async function newAnswer(slot: Slot | undefined, call: RunCall): Promise<Answer> {
    const { key, softTimeout } = call;
    const renewal = renew(slot, call);
    const old = softTimeout === undefined ? undefined : standIn(slot, call, "stale");
    if (old && !(await settledWithin((softTimeout as number) * 1000, renewal))) {
      watch(renewal, key);
      return old;
    }
    const ended = await renewal;
    if ("answer" in ended) return ended.answer;
    const failure = "failure" in ended && ended.failure;
    const substitute = standIn(slot, call, "failed");
    if (!substitute) throw failure;
    hooks.report(failure, key);
    return substitute;
  }

  /** Waits for the run of this isolate that makes the result, or starts one. */
  async function renew(seen: Slot | undefined, call: RunCall): Promise<Ended> {
    const { key, patience, force, accepts } = call;
    const start = Date.now();
    let slot = seen;
    for (;;) {
      const run = force ? undefined : runs.current(key);
      if (!run || isTooOld(run, slot, call)) return lead(slot, call);
      if (!run.outcome && patience?.isOver()) return lead(slot, call, false);
      const outcome = await runs.wait(run, (paused) => patience?.count(paused) !== false);
      if (outcome && "error" in outcome) throw outcome.error;
      if (outcome && tags.lacks(key, slot?.stamps)) {
        slot = (await look([key]))?.[0] ?? slot;
        const stored = slot && answerIn(slot, call, true);
        if (stored) return { answer: { ...stored, state: "shared" } };
      }
      if (outcome && haveChanged(run.stamps, slot?.stamps)) continue;
      if (outcome && !("skipped" in outcome.value)) {
        hooks.emit?.({ type: "wait", key, duration: secondsSince(start) });
        if ("failure" in outcome.value) return outcome.value;
        const { value } = outcome.value.answer;
        // What no other request may have, such as a stream, each call makes alone. Nobody waits for it twice.
        const isForAll = isPlainData(value) && accepts?.(value) !== false;
        return isForAll ? { answer: shared(outcome.value.answer) } : lead(slot, call, false);
      }
      // A run that another one has replaced may go on.
      if (!runs.current(key)) call.gone = run.leased?.lease.holder;
    }
  }

  /** Tells of the failure of work that nobody waits for. */
  function watch(work: Promise<Ended>, key: string): void {
    work.then(
      (ended) => "failure" in ended && hooks.report(ended.failure, key),
      (error) => hooks.report(error, key),
    );
  }

  return recall;
}
