import type { Outcome } from "./observe.ts";

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

/** Counts outcomes in memory that does not grow with their number. */
export interface Tally {
  add(outcome: Outcome): void;
  summary(): OperationStatistics;
}

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
      // Four steps for each doubling.
      const step = durationMs < 1 ? 0 : 2 ** (Math.ceil(4 * Math.log2(durationMs)) / 4);
      durations.set(step, (durations.get(step) ?? 0) + 1);
    },
    summary: () => ({ ...counts, latencyMs: { p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99) } }),
  };
}
