import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { observe } from "../combinators/observe.ts";
import { newTally, type OperationStatistics, type Tally } from "../combinators/tally.ts";
import { checkOptions, count } from "../core/checks.ts";

export type { OperationStatistics };

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
  options: { readonly maxCollections?: number | undefined } = {},
): Wrapped<S> & Statistics {
  const { maxCollections = 100 } = checkOptions(options);
  count(maxCollections, "maxCollections", 0);
  const collections = new Map<string, Map<string, Tally>>();
  const other = new Map<string, Tally>();

  function talliesOf(name: string | undefined): Map<string, Tally> {
    if (name === undefined || (collections.size >= maxCollections && !collections.has(name))) return other;
    return collections.get(name) ?? (collections.set(name, new Map()).get(name) as Map<string, Tally>);
  }
  const counted: Wrapped<S> = wrap(store, (driver) =>
    observe(driver, async ({ operation, collection }, run) => {
      const outcome = await run();
      const tallies = talliesOf(collection);
      const tally = tallies.get(operation) ?? newTally();
      tallies.set(operation, tally);
      tally.add(outcome);
    }),
  );
  const summary = (tallies: Map<string, Tally>): StatisticsByOperation =>
    Object.fromEntries(Array.from(tallies, ([operation, tally]) => [operation, tally.summary()]));
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
