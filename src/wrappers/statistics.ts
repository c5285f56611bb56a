import { count } from "../checks.ts";
import { wrap } from "../combinators.ts";
import type { CapabilitiesOf, Store } from "../driver.ts";
import type { AsyncKeyValue } from "../protocol.ts";
import { type Outcome, observe } from "./internal/observe.ts";

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
): Store<CapabilitiesOf<S>> & Statistics {
  count(maxCollections, "maxCollections", 0);
  const collections = new Map<string, Map<string, Tally>>();
  const other = new Map<string, Tally>();

  const counted = wrap<S>(store, (driver) =>
    observe(driver, async ({ operation, collection }, run) => {
      const outcome = await run();
      if (collection !== undefined && collections.size < maxCollections && !collections.has(collection)) {
        collections.set(collection, new Map());
      }
      const tallies = collections.get(collection as string) ?? other;
      tallies.set(operation, add(outcome, tallies.get(operation)));
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

type Tally = Omit<OperationStatistics, "latencyMs"> & { readonly slowest: number; readonly buckets: number[] };

/** Four buckets for each doubling up to 2^20 ms, which is 17 minutes; the first is for less than a millisecond. */
const NONE: Tally = { calls: 0, errors: 0, hits: 0, misses: 0, slowest: 0, buckets: Array(82).fill(0) };

function add({ durationMs, hits = 0, misses = 0, error }: Outcome, tally = NONE): Tally {
  const at = durationMs < 1 ? 0 : Math.min(81, 1 + Math.ceil(4 * Math.log2(durationMs)));
  return {
    calls: tally.calls + 1,
    errors: tally.errors + Number(error !== undefined),
    hits: tally.hits + hits,
    misses: tally.misses + misses,
    slowest: Math.max(tally.slowest, durationMs),
    buckets: tally.buckets.with(at, (tally.buckets[at] as number) + 1),
  };
}

function summary(tallies: Map<string, Tally>): StatisticsByOperation {
  return Object.fromEntries(
    Array.from(tallies, ([operation, { slowest, buckets, ...counts }]) => {
      function percentile(share: number): number {
        let below = 0;
        const at = buckets.findIndex((inside) => {
          below += inside;
          return below >= counts.calls * share;
        });
        return at === 0 ? 0 : Math.min(slowest, Math.round(100 * 2 ** ((at - 1) / 4)) / 100);
      }
      return [
        operation,
        { ...counts, latencyMs: { p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99) } },
      ];
    }),
  );
}
