import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { observe } from "../combinators/observe.ts";
import { newTally, type OperationStatistics, type Tally } from "../combinators/tally.ts";
import { checkOptions, count } from "../core/checks.ts";

export type { OperationStatistics };

/**
 * Counts by the name of the call to the backend, as far as it was made: `read`, `write`, `remove`, `swap`, `listKeys` and so on,
 * or an atomic operation that the backend runs, such as `increment`.
 */
export type StatisticsByOperation = Readonly<Record<string, OperationStatistics>>;

/** What {@link statistics} adds to a store. */
export interface Statistics {
  /**
   * Returns the counts as plain data. `other` counts calls that concern no collection, and the collections beyond
   * `maxCollections`.
   */
  snapshot(): { collections: Record<string, StatisticsByOperation>; other: StatisticsByOperation };
  /** Sets all counts to zero. */
  reset(): void;
}

/** Options of {@link statistics}. */
export interface StatisticsOptions {
  /** How many collections to count on their own, the first that are used. Bounds the memory. Default: 100. */
  readonly maxCollections?: number | undefined;
}

/**
 * Makes a store that counts the calls to its backend.
 *
 * A `get` or `ttl` is a `read` of one key. An atomic operation is one call if the backend runs it, and a read and a swap
 * otherwise.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { statistics } from "edge-key-value/wrappers/statistics";
 *
 * const store = statistics(memoryStore());
 * await store.get("k");
 * store.snapshot().collections.default_collection?.read?.misses; // => 1
 * ```
 */
export function statistics<S extends AsyncKeyValue>(
  store: S,
  options: StatisticsOptions = {},
): Wrapped<S> & Statistics {
  const { maxCollections = 100 } = checkOptions(options);
  count(maxCollections, "maxCollections", 0);
  const collections = new Map<string, Map<string, Tally>>();
  const other = new Map<string, Tally>();

  function talliesOf(collection: string | undefined): Map<string, Tally> {
    if (collection === undefined) return other;
    const known = collections.get(collection);
    if (known) return known;
    if (collections.size >= maxCollections) return other;
    const tallies = new Map<string, Tally>();
    collections.set(collection, tallies);
    return tallies;
  }

  function tallyOf(collection: string | undefined, operation: string): Tally {
    const tallies = talliesOf(collection);
    const tally = tallies.get(operation) ?? newTally();
    tallies.set(operation, tally);
    return tally;
  }

  const counted: Wrapped<S> = wrap(store, (driver) =>
    observe(driver, async ({ operation, collection }, run) => {
      const outcome = await run();
      tallyOf(collection, operation).add(outcome);
    }),
  );
  const summary = (tallies: Map<string, Tally>): StatisticsByOperation =>
    Object.fromEntries(Array.from(tallies, ([operation, tally]) => [operation, tally.summary()]));
  // The methods go onto the store itself. Wrappers do not recognise a copy of it.
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
