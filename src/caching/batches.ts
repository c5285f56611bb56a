import { onWorkers } from "../core/runtime.ts";
import { keepBeating, outcomeOf, type SharedWork, unattended } from "../core/shared-work.ts";
import type { Made } from "./results.ts";
import type { Stamps } from "./stamps.ts";

/** One call of a function for many keys, as plain data: other requests of the isolate look at it. */
export interface Batch extends SharedWork<ReadonlyMap<string, Made>> {
  readonly keys: ReadonlySet<string>;
  /** The keys whose results may still be stored; an invalidation or a newer result ends that. */
  readonly wanted: Set<string>;
  readonly since: number;
  /** What the stamps of its results' tags said before its function was called; nothing where that is not known. */
  stamps?: ReadonlyMap<string, Stamps>;
  /** When its function returned, in epoch milliseconds. */
  at?: number;
  /** Until when its results may be used though they could not be stored, in epoch milliseconds. */
  until?: number;
}

/** The batches of one function in this isolate. */
export interface Batches {
  /** The batch that makes the result of a key, or has made one that is fresh and not stored yet. */
  current(key: string): Batch | undefined;
  start(keys: Iterable<string>): Batch;
  finish(batch: Batch, outcome: NonNullable<Batch["outcome"]>): void;
  /** Forgets a batch: at once, or a second later where its results could not be stored. */
  end(batch: Batch, isStored: boolean): Promise<void>;
  /** Keeps the results of batches out of the store, except those of `except`, and lets no call wait for them. */
  outdate(keys: Iterable<string>, except?: Batch): void;
  /** Waits for a batch; `undefined` when its request is gone, or when it takes too long. */
  wait(batch: Batch): Promise<Batch["outcome"]>;
}

/** Milliseconds for which this isolate uses results that could not be stored. */
const UNSTORED = 1000;

/** The most batches to remember. Functions that never settle would fill the memory otherwise. */
const MOST_BATCHES = 10_000;

/** How many times the longest run a batch is remembered. */
const MEMORY = 10;

/** @param longest Milliseconds after which no call waits for a batch any more. */
export function batchesOf(longest: number): Batches {
  const current = new Map<string, Batch>();
  /** The oldest come first. */
  const all = new Set<Batch>();
  const byKey = new Map<string, Set<Batch>>();
  const stops = new WeakMap<Batch, () => void>();
  const settlers = new WeakMap<Batch, { readonly settled: Promise<void>; settle(): void }>();

  function release(batch: Batch, keys: Iterable<string>): void {
    for (const key of keys) if (current.get(key) === batch) current.delete(key);
  }

  function drop(batch: Batch): void {
    stops.get(batch)?.();
    all.delete(batch);
    release(batch, batch.keys);
    for (const key of batch.keys) {
      const others = byKey.get(key);
      others?.delete(batch);
      if (others?.size === 0) byKey.delete(key);
    }
  }

  /** Drops batches that will probably never end. Whether their results are wanted is not known from here on. */
  function dropOld(now: number): void {
    for (const batch of all) {
      if (all.size < MOST_BATCHES && now - batch.since < MEMORY * longest) break;
      batch.wanted.clear();
      drop(batch);
    }
  }

  return {
    current(key) {
      const batch = current.get(key);
      if (!batch) return undefined;
      const until = Math.min(batch.since + longest, batch.until ?? Number.POSITIVE_INFINITY, freshUntil(batch, key));
      if (!batch.over && Date.now() < until) return batch;
      current.delete(key);
      return undefined;
    },

    start(names) {
      const keys = new Set(names);
      const batch: Batch = { keys, wanted: new Set(keys), since: Date.now(), beats: 0, over: false };
      dropOld(batch.since);
      all.add(batch);
      for (const key of keys) {
        current.set(key, batch);
        byKey.set(key, (byKey.get(key) ?? new Set<Batch>()).add(batch));
      }
      let settle = (): void => {};
      const settled = new Promise<void>((resolve) => {
        settle = resolve;
      });
      settlers.set(batch, { settled, settle });
      stops.set(batch, keepBeating(batch, longest));
      return batch;
    },

    finish(batch, outcome) {
      batch.outcome ??= outcome;
      batch.at ??= Date.now();
      stops.get(batch)?.();
      settlers.get(batch)?.settle();
    },

    async end(batch, isStored) {
      if (!isStored) {
        batch.until = Date.now() + UNSTORED;
        await new Promise<void>((resolve) => unattended(setTimeout(resolve, UNSTORED)));
      }
      drop(batch);
    },

    outdate(keys, except) {
      for (const key of keys) {
        for (const batch of byKey.get(key) ?? []) if (batch !== except) batch.wanted.delete(key);
        if (current.get(key) !== except) current.delete(key);
      }
    },

    async wait(batch) {
      const looked = outcomeOf(batch);
      // On Workers no request may wait for a promise of another one.
      const settled = onWorkers() ? undefined : settlers.get(batch)?.settled.then(() => batch.outcome);
      const outcome = await (settled ? Promise.race([settled, looked]) : looked);
      if (!outcome) release(batch, batch.keys);
      return outcome;
    },
  };
}

/** Until when a later call may have the result of a batch. */
function freshUntil({ outcome, at = 0 }: Batch, key: string): number {
  if (!outcome) return Number.POSITIVE_INFINITY;
  const made = "value" in outcome ? outcome.value.get(key) : undefined;
  return made?.life ? at + made.life.fresh * 1000 : 0;
}
