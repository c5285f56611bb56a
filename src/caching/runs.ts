import { keepBeating, outcomeOf, type SharedWork, unattended } from "../core/shared-work.ts";
import type { Answer } from "./results.ts";
import type { Lease } from "./slot.ts";
import type { Stamps } from "./stamps.ts";

/**
 * How a run ended: with an answer, with a failure of the function, or without anything for others, since somebody else
 * makes the result, or since a tag was invalidated.
 */
export type Ended = { readonly answer: Answer } | { readonly failure: unknown } | { readonly skipped: true };

/** One attempt to make a result, as plain data: other requests of the isolate look at it, and never at its promise. */
export interface Run extends SharedWork<Ended> {
  readonly key: string;
  readonly since: number;
  /** The place of its end among the moments of this isolate; see {@link Runs.moment}. */
  ended?: number;
  /** Its lease in the store, once it has one, and when that was, among the moments of this isolate. */
  leased?: { readonly lease: Lease; readonly moment: number } | undefined;
  /** What the stamps of tags said when it began, as far as the tags are known. */
  stamps?: Stamps | undefined;
  /** Until when its outcome may be used though it is not in the store, in epoch milliseconds. */
  until?: number;
  /** Whether its result may still be stored; an invalidation, a refresh or a newer result ends that. */
  wanted: boolean;
}

/** The runs of one cached function in this isolate. */
export interface Runs {
  /** A number that grows, since clocks may stand still: what has a greater one came later. */
  moment(): number;
  /** The run that makes the next result for a key. */
  current(key: string): Run | undefined;
  /** Starts a run and makes it the current one. */
  start(key: string, onBeat: (run: Run) => void): Run;
  /** Notes the outcome, which others can use from now on. */
  finish(run: Run, outcome: NonNullable<Run["outcome"]>): void;
  /** Lets later calls use the outcome for some milliseconds, although it is not in the store. */
  linger(run: Run, milliseconds: number): Promise<void>;
  /** Forgets a run whose result is stored, or is not going to be. */
  end(run: Run): void;
  /** Marks the results of all runs for a key as unwanted, except those of `except`. */
  outdate(key: string, except?: Run): void;
  /** Outdates all runs for a key, and lets nobody wait for them any more. */
  forget(key: string): void;
  /** Waits for a run; `undefined` when its request is gone, or when the patience of the caller ends. */
  wait(run: Run, mayGoOn: (paused: number) => boolean): Promise<Run["outcome"]>;
}

/** The most runs to remember. Functions that never settle would fill the memory otherwise. */
const MOST_RUNS = 10_000;

/** How many times the longest run a run is remembered. */
const MEMORY = 10;

/** @param longest Milliseconds after which nobody waits for a run any more. */
export function runsOf(longest: number): Runs {
  const current = new Map<string, Run>();
  const all = new Map<string, Set<Run>>();
  /** What ends the beating of each run, from the oldest run to the latest. */
  const stops = new Map<Run, () => void>();

  function drop(run: Run): void {
    stops.get(run)?.();
    stops.delete(run);
    if (current.get(run.key) === run) current.delete(run.key);
    const others = all.get(run.key);
    others?.delete(run);
    if (others?.size === 0) all.delete(run.key);
  }

  /** Drops runs that will probably never end. Whether their results are wanted is not known from here on. */
  function dropOld(now: number): void {
    for (const run of stops.keys()) {
      if (stops.size < MOST_RUNS && now - run.since < MEMORY * longest) break;
      run.wanted = false;
      drop(run);
    }
  }

  let moments = 0;

  const runs: Runs = {
    moment: () => ++moments,

    current(key) {
      const run = current.get(key);
      const now = Date.now();
      if (!run || (!run.over && now < Math.min(run.since + longest, run.until ?? Number.POSITIVE_INFINITY))) return run;
      current.delete(key);
      return undefined;
    },

    start(key, onBeat) {
      const run: Run = { key, since: Date.now(), wanted: true, beats: 0, over: false };
      dropOld(run.since);
      all.set(key, (all.get(key) ?? new Set<Run>()).add(run));
      current.set(key, run);
      stops.set(
        run,
        keepBeating(run, longest, () => onBeat(run)),
      );
      return run;
    },

    finish(run, outcome) {
      run.outcome ??= outcome;
      run.ended ??= runs.moment();
      stops.get(run)?.();
    },

    async linger(run, milliseconds) {
      run.until = Date.now() + milliseconds;
      await new Promise<void>((resolve) => unattended(setTimeout(resolve, milliseconds)));
    },

    end: drop,

    outdate(key, except) {
      for (const run of all.get(key) ?? []) if (run !== except) run.wanted = false;
    },

    forget(key) {
      runs.outdate(key);
      current.delete(key);
    },

    async wait(run, mayGoOn) {
      const outcome = await outcomeOf(run, (paused) => mayGoOn(paused) && runs.current(run.key) === run);
      if (!outcome && current.get(run.key) === run) current.delete(run.key);
      return outcome;
    },
  };
  return runs;
}
