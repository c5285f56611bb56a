import { oneOf } from "../core/checks.ts";
import type { AnyDriver, Awaitable } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { toDriver } from "../core/store.ts";
import { type Hooks, hooksOf } from "./hooks.ts";
import { joinsOf } from "./joins.ts";
import { answerIn, type CacheCall, isTooOld, standIn, type Wanted } from "./judging.ts";
import { acquire } from "./leases.ts";
import { isLate } from "./limits.ts";
import { type Making, makings } from "./making.ts";
import { type RecallOptions, seconds } from "./options.ts";
import { patienceOf } from "./patience.ts";
import { type Answer, copied, isPlainData, type Made, type Result, toResult } from "./results.ts";
import { type Ended, runsOf } from "./runs.ts";
import { type Slot, slots } from "./slots.ts";
import type { Place, Stamps } from "./stamps.ts";
import { haveChanged, tagsOf } from "./tags.ts";

export interface Recaller {
  /** The stored result, or a new one. */
  recall(key: string, wanted: Wanted): Promise<Answer>;
  /** What is stored under each key; nothing when the store fails and that is to be ignored. */
  find(keys: readonly string[]): Promise<Slot[] | undefined>;
  /** Writes results without asking for leases. The function was called at a moment, in epoch milliseconds. */
  write(items: readonly (readonly [key: string, made: Made])[], called: number, before?: Stamps): Promise<void>;
  /** Removes results, and drops results that are being made. */
  forget(keys: readonly string[]): Promise<void>;
  readonly hooks: Hooks;
  /** Milliseconds after which others may take over from a run that has not ended. */
  readonly longest: number;
}

/** Seconds after which others may take over from a run that has not ended. */
const LONGEST_RUN = 30;

/**
 * Keeps results in a store: what `cached` and `cachedResponse` have in common.
 *
 * A call that finds no fresh result waits for the run of its isolate that makes one, or starts it. A run gets the lease of
 * the key from the store, or waits for the isolate that has it. Then it makes the result, which replaces the lease.
 *
 * `valid` says whether a result may be stored, and whether a stored one may be used.
 */
export function recaller(
  store: AsyncKeyValue,
  options: RecallOptions,
  valid: (value: unknown) => Awaitable<boolean> = () => true,
): Recaller {
  const { onStoreError = "ignore", lock = {} } = options;
  oneOf(onStoreError, "onStoreError", ["ignore", "throw"]);
  const { ttl = LONGEST_RUN, wait = ttl } = lock || {};
  const longest = seconds("lock.ttl", ttl) * 1000;
  const longestWait = seconds("lock.wait", wait, true) * 1000;
  const results = placeOf(store, options.collection);
  const tags = tagsOf(results, options.tagStore ? placeOf(options.tagStore) : placeOf(store));
  const places = slots(results, tags, lock !== false);
  const hooks = hooksOf(options);
  const runs = runsOf(longest);
  const joins = joinsOf<Answer>(longest);
  const { look, take, guarded, begin, make, complete } = makings({ places, tags, runs, hooks, valid, onStoreError });

  // The flow of a call, from top to bottom.

  async function recall(key: string, wanted: Wanted): Promise<Answer> {
    const { scope, force, accepts, judge } = wanted;
    const shares = !force && !accepts && !judge;
    const began = runs.moment();
    const earlier = shares && !tags.known(key) ? joins.find(scope, key) : undefined;
    const joined = earlier && (await earlier.promise);
    if (joined && !joined.isTagged) return shared(joined);
    // A tag may have been invalidated after that call had begun: only one that began later is new enough.
    const later = shares ? joins.find(scope, key) : undefined;
    if (later && later.began > began) return shared(await later.promise);
    const promise = answer({ ...wanted, key, began, patience: patienceOf(longestWait) });
    if (shares) joins.add(scope, key, { promise, began: runs.moment() });
    return promise;
  }

  async function answer(call: CacheCall): Promise<Answer> {
    const { key } = call;
    const slot = call.slot ?? (await look([key]))?.[0];
    const stored = slot && answerIn(slot, call, false);
    if (!stored) {
      const renewal = renew(slot, call);
      const old = call.softTimeout === undefined ? undefined : standIn(slot, call, "stale");
      if (old && (await isLate(renewal, call.softTimeout as number))) {
        watch(renewal, key);
        return old;
      }
      const ended = await renewal;
      return "answer" in ended ? ended.answer : insteadOf("failure" in ended && ended.failure, slot, call);
    }
    const { state, at } = stored;
    hooks.emit({ type: state === "hit" ? "hit" : "stale", key, age: secondsSince(at) });
    if (state === "stale" && !isBeingMade(slot, call)) refresh(slot, call);
    return stored;
  }

  function refresh(slot: Slot, call: CacheCall): void {
    watch(lead(slot, { ...call, patience: undefined }), call.key);
  }

  /** Tells of the failure of work that nobody waits for. */
  function watch(work: Promise<Ended>, key: string): void {
    work.then(
      (ended) => "failure" in ended && hooks.report(ended.failure, key),
      (error) => hooks.report(error, key),
    );
  }

  /** Waits for the run of this isolate that makes the result, or starts one. */
  async function renew(seen: Slot | undefined, call: CacheCall): Promise<Ended> {
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
        hooks.emit({ type: "wait", key, duration: secondsSince(start) });
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

  /** Starts a run, for which other calls of this isolate wait. */
  async function lead(slot: Slot | undefined, call: CacheCall, asksForLease = places.leases): Promise<Ended> {
    const making = begin(call.key, slot, call.force === true, call.patience === undefined);
    const ending = asksForLease && slot ? makeUnderLease(making, slot, call) : make(making, call.make);
    const isKept = hooks.keepAlive(complete(making, ending), call.scope, call.key);
    try {
      return await ending;
    } finally {
      if (!isKept || onStoreError === "throw") await making.stored;
    }
  }

  /** Gets the lease and makes a result, or takes what comes from whoever had the lease. */
  async function makeUnderLease(making: Making, seen: Slot, call: CacheCall): Promise<Ended> {
    const { key, force = false, patience, gone } = call;
    const start = Date.now();
    const acquired = await acquire({
      ...{ seen, force, patience, gone },
      look: async () => (await look([key], true))?.[0],
      take: (slot, lease) => take(key, slot, lease),
      enough: (slot) => answerIn(slot, call, isNewer(slot, seen)) !== undefined,
    });
    if (acquired.kind !== "lease") hooks.emit({ type: "wait", key, duration: secondsSince(start) });
    switch (acquired.kind) {
      case "result":
        return { answer: { ...answerIn(acquired.slot, call, true)!, state: "shared" } };
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

  /** Whether another call is already making the next result, as far as this isolate and the slot show. */
  function isBeingMade({ lease }: Slot, { key }: CacheCall): boolean {
    const run = runs.current(key);
    return (run !== undefined && !run.outcome) || (places.leases && lease !== undefined && lease.until > Date.now());
  }

  /** The old result in place of a failure. */
  function insteadOf(failure: unknown, slot: Slot | undefined, call: CacheCall): Answer {
    const old = standIn(slot, call, "failed");
    if (!old) throw failure;
    hooks.report(failure, call.key);
    return old;
  }

  return {
    recall,
    hooks,
    longest,
    find: (keys) => look(keys),

    async write(items, called, before) {
      const names = items.map(([key, made]) => [key, made.tags ?? []] as const);
      await guarded(items[0]?.[0] ?? "", async () => {
        const marks = await tags.mark(names, before, called);
        const now = Date.now();
        const results = items.flatMap(([key, { value, life }], i): [string, Result][] => {
          try {
            return life && marks[i] ? [[key, toResult(value, now, life, marks[i])]] : [];
          } catch (error) {
            hooks.reportUnstorable(error, key);
            return [];
          }
        });
        await places.write(results);
      });
    },

    async forget(keys) {
      joins.close();
      for (const key of keys) runs.forget(key);
      await places.remove(keys);
    },
  };
}

function placeOf(store: AsyncKeyValue, collection?: string): Place {
  const driver = toDriver(store) as AnyDriver;
  return { driver, collection: collection ?? store.defaultCollection ?? "default_collection" };
}

function shared(answer: Answer): Answer {
  return { ...answer, state: answer.state === "made" ? "shared" : answer.state, value: copied(answer.value) };
}

function isNewer({ result }: Slot, seen: Slot): boolean {
  return result?.at !== seen.result?.at;
}

/** By the clock, which may have been set back. */
function secondsSince(moment: number): number {
  return Math.max(0, Date.now() - moment) / 1000;
}
