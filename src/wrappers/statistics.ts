import { count } from "../checks.ts";
import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators.ts";
import { observe } from "./internal/observe.ts";

/** What became of one kind of call; a bulk is one call. */
export interface OperationStatistics {
  readonly calls: number;
  readonly errors: number;
  /** Keys read or removed that had an entry, swaps that took place. */
  readonly hits: number;
  /** Keys read or removed that had none, swaps that another writer prevented. */
  readonly misses: number;
  /** Durations that half, 90 % and 99 % of the calls did not exceed, in milliseconds, up to a fifth too high. */
  readonly latencyMs: { readonly p50: number; readonly p90: number; readonly p99: number };
}

/** By the name of the driver's operation: `read`, `write`, `remove`, `swap`, `listKeys` and so on, as far as called. */
export type StatisticsByOperation = Readonly<Record<string, OperationStatistics>>;

/** What {@link statistics} adds to a store. */
export interface Statistics {
  /** Plain data. `other` has what concerns no one collection, and the collections beyond `maxCollections`. */
  snapshot(): { collections: Record<string, StatisticsByOperation>; other: StatisticsByOperation };
  /** Starts counting anew. */
  reset(): void;
}

/**
 * A store that counts the calls to its backend: a `get` or `ttl` is a `read` of one key, an atomic operation all the
 * reads and swaps that it takes. Memory is bounded: only the first `maxCollections` (default 100) count on their own.
 */
export function statistics<S extends AsyncKeyValue>(
  store: S,
  { maxCollections = 100 }: { readonly maxCollections?: number | undefined } = {},
): Wrapped<S> & Statistics {
  count(maxCollections, "maxCollections", 0);
  const collections = new Map<string, Tallies>();
  const other: Tallies = new Map();

  function talliesOf(name: string | undefined): Tallies {
    if (name === undefined || (collections.size >= maxCollections && !collections.has(name))) return other;
    return collections.get(name) ?? (collections.set(name, new Map()).get(name) as Tallies);
  }
  const counted: Wrapped<S> = wrap(store, (driver) =>
    observe(driver, async ({ operation, collection }, run) => {
      const { durationMs, hits = 0, misses = 0, error } = await run();
      const tallies = talliesOf(collection);
      const tally = tallies.get(operation) ?? newTally();
      tallies.set(operation, tally);
      tally.calls++;
      tally.errors += Number(error !== undefined);
      tally.hits += hits;
      tally.misses += misses;
      tally.slowest = Math.max(tally.slowest, durationMs);
      // Four steps for each doubling, so that memory is bounded.
      const step = durationMs < 1 ? 0 : 2 ** (Math.ceil(4 * Math.log2(durationMs)) / 4);
      tally.durations.set(step, (tally.durations.get(step) ?? 0) + 1);
    }),
  );
  // Onto the store itself, since a copy of it would be one that wrappers know nothing of.
  return Object.assign(counted, {
    snapshot: () => ({
      collections: Object.fromEntries(Array.from(collections, ([name, tallies]) => [name, summary(tallies)])),
      other: summary(other),
    }),
    reset() {
      collections.clear();
      other.clear();
    },
  });
}

const newTally = () => ({ calls: 0, errors: 0, hits: 0, misses: 0, slowest: 0, durations: new Map<number, number>() });

type Tallies = Map<string, ReturnType<typeof newTally>>;

function summary(tallies: Tallies): StatisticsByOperation {
  const entries = Array.from(tallies, ([operation, { slowest, durations, ...counts }]) => {
    const sorted = [...durations].sort(([a], [b]) => a - b);
    function percentile(share: number): number {
      let left = counts.calls * share;
      const [step] = sorted.find(([, calls]) => (left -= calls) <= 0) as [number, number];
      return Math.min(slowest, Math.round(100 * step) / 100);
    }
    const latencyMs = { p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99) };
    return [operation, { ...counts, latencyMs }] as const;
  });
  return Object.fromEntries(entries);
}
