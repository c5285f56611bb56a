import type { CopyProgress } from "../src/migration/progress.ts";
import type { Batch, Written } from "../src/migration/transfer.ts";

/** What the command line says of a copy. */
export interface Options {
  readonly collections?: readonly string[];
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly verify: boolean;
  readonly batch: number;
  readonly concurrency: number;
  /** The token to resume from. */
  readonly cursor: string | undefined;
}

/** Where entries come from or go to. */
export interface Place {
  /** What may be shown of its address: no password and no token. */
  readonly label: string;
  close(): Promise<void>;
}

export interface Origin extends Place {
  batches(options: Options): AsyncIterable<Batch>;
  /** How much there is in all, in the unit of `done`; `undefined` where nobody can say. */
  total(options: Options): Promise<number | undefined>;
  done(progress: CopyProgress): number;
}

export interface Destination extends Place {
  /** Makes ready for writing, and answers with what puts a batch. */
  put(options: Options): Promise<(batch: Batch) => Promise<Written>>;
}

/** A mistake on the command line. */
export class UsageError extends Error {}
