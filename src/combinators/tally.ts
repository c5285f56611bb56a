import type { Outcome } from "./observe.ts";

/** Counts of one kind of call. A bulk is one call. */
export interface OperationStatistics {
  readonly calls: number;
  readonly errors: number;
  /** Keys that reads and removals found, and swaps and takes that took place. */
  readonly hits: number;
  /** Keys that reads and removals did not find, swaps that another writer prevented, and takes of nothing. */
  readonly misses: number;
  /** The 50th, 90th and 99th percentile of the durations, in milliseconds; up to a fifth too high. */
  readonly latencyMs: { readonly p50: number; readonly p90: number; readonly p99: number };
}

/** Counts outcomes, in memory that does not grow with their number. */
export interface Tally {
  add(outcome: Outcome): void;
  summary(): OperationStatistics;
}

/** Steps of the histogram for each doubling of a duration. */
const STEPS = 4;

export function newTally(): Tally {
  const counts = { calls: 0, errors: 0, hits: 0, misses: 0 };
  const durations = new Map<number, number>();
  let slowest = 0;

  function percentile(share: number): number {
    let left = counts.calls * share;
    const sorted = [...durations].sort(([a], [b]) => a - b);
    const [step] = sorted.find(([, calls]) => (left -= calls) <= 0) as [number, number];
    return Math.min(slowest, Math.round(100 * step) / 100);
  }

  return {
    add({ durationMs, hits = 0, misses = 0, error }) {
      counts.calls++;
      counts.errors += Number(error !== undefined);
      counts.hits += hits;
      counts.misses += misses;
      slowest = Math.max(slowest, durationMs);
      const step = durationMs < 1 ? 0 : 2 ** (Math.ceil(STEPS * Math.log2(durationMs)) / STEPS);
      durations.set(step, (durations.get(step) ?? 0) + 1);
    },
    summary: () => ({ ...counts, latencyMs: { p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99) } }),
  };
}
