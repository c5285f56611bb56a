import type { CopyProgress } from "../src/migration/progress.ts";
import type { Batch, Written } from "../src/migration/transfer.ts";

/** The options of a copy. */
export interface Options {
  readonly collections?: readonly string[];
  readonly overwrite: boolean;
  readonly dryRun: boolean;
  readonly verify: boolean;
  /** Whether files have a checksum, which is checked when they are read. */
  readonly checksum: boolean;
  readonly batch: number;
  readonly concurrency: number;
  /** The token at which to resume. */
  readonly cursor: string | undefined;
}

/** A source or target of entries. */
interface Place {
  /** The address without password and token, for messages. */
  readonly label: string;
  /** The path of a file. */
  readonly path?: string | undefined;
  close(): Promise<void>;
}

export interface Origin extends Place {
  batches(options: Options): AsyncIterable<Batch>;
  /** The total in the unit of `done`; `undefined` if it is unknown. */
  total(options: Options): Promise<number | undefined>;
  done(progress: CopyProgress): number;
}

export interface Destination extends Place {
  put(options: Options): Promise<Writer>;
}

/** Writes a copy. */
export interface Writer {
  write(batch: Batch): Promise<Written>;
  /** Called once after the last batch. */
  finish(): Promise<void>;
  /** Called if the copy has stopped and cannot be resumed. */
  discard(): Promise<void>;
}
