import type { CopyProgress } from "../src/migration/progress.ts";
import type { Batch, Written } from "../src/migration/transfer.ts";

/** The options of a copy. */
export interface Options {
  readonly collections?: readonly string[];
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly verify: boolean;
  readonly batch: number;
  readonly concurrency: number;
  /** The token at which to resume. */
  readonly cursor: string | undefined;
}

/** A source or target of entries. */
export interface Place {
  /** The address without password and token, for messages. */
  readonly label: string;
  close(): Promise<void>;
}

export interface Origin extends Place {
  batches(options: Options): AsyncIterable<Batch>;
  /** The total in the unit of `done`; `undefined` if it is unknown. */
  total(options: Options): Promise<number | undefined>;
  done(progress: CopyProgress): number;
}

export interface Destination extends Place {
  /** Prepares for writing, and returns a function that writes a batch. */
  put(options: Options): Promise<(batch: Batch) => Promise<Written>>;
}

/** A mistake on the command line. */
export class UsageError extends Error {}
