import { KeyValueError } from "../core/errors.ts";

/** What became of the entries so far. */
export interface CopyCounts {
  /** Written to the target. With `dryRun`: what would have been written. */
  readonly copied: number;
  /** Left alone, because the target has an entry under the key. */
  readonly skipped: number;
  /** Expired or removed before they could be copied. */
  readonly expired: number;
  /** Not copied, because the source could not read them or the target does not take them; or not the same when read back. */
  readonly failed: number;
  /** Read back from the target and found to be the same. */
  readonly verified: number;
}

/** How far a copy has come. */
export interface CopyProgress extends CopyCounts {
  /** The collection of the last batch. */
  readonly collection: string | undefined;
  /** A token to resume from; `undefined` when nothing is left, and before the first batch. */
  readonly cursor: string | undefined;
  /** The first hundred failures, with collection and key. */
  readonly failures: readonly KeyValueError[];
}

/** Thrown by a copy that stopped before its end. `code` and `cause` are those of the failure that stopped it. */
export class CopyError extends KeyValueError {
  declare readonly progress: CopyProgress;

  constructor(cause: KeyValueError, progress: CopyProgress) {
    super(cause.code, `the copy has stopped: ${cause.message}`, { ...cause, cause });
    Object.assign(this, { progress });
  }
}
