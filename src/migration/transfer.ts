import type { Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { CopyCounts, CopyProgress } from "./progress.ts";
import { CopyError } from "./progress.ts";

/** Entries of one collection on their way from one backend to another. */
export interface Batch {
  readonly collection: string;
  readonly items: readonly (readonly [key: string, entry: Entry])[];
  /** How many keys were listed whose entry had expired or was removed before it was read. */
  readonly expired: number;
  /** Why other entries could not be read. */
  readonly failures: readonly KeyValueError[];
  /** Where to go on after this batch; `undefined` after the last. */
  readonly cursor: string | undefined;
  /** Reads the items once more, where the source can do that. */
  again?(keys: readonly string[]): Promise<readonly (Entry | undefined)[]>;
}

/** What became of a batch that was written. */
export type Written = Partial<CopyCounts> & { readonly failures?: readonly KeyValueError[] };

/** How to watch, stop and resume a copy. */
export interface TransferOptions {
  /** The token of an earlier progress with the same source, collections and `batch`: goes on from there. Default: the start. */
  readonly cursor?: string | undefined;
  /** Called after each batch. The copy waits for a promise that it returns, which can keep the token. */
  readonly onProgress?: ((progress: CopyProgress) => unknown) | undefined;
  /** Stops the copy with code `aborted`, after the batch that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** How many failures a progress keeps. */
const KEPT_FAILURES = 100;

/**
 * Hands each batch to `put` and counts what became of it.
 *
 * @throws CopyError with the token of the last batch that was written whole.
 */
export async function transfer(
  batches: AsyncIterable<Batch>,
  put: (batch: Batch) => Promise<Written>,
  { cursor, onProgress, signal }: TransferOptions,
): Promise<CopyProgress> {
  let progress: CopyProgress = {
    ...{ copied: 0, skipped: 0, expired: 0, failed: 0, verified: 0 },
    ...{ collection: undefined, cursor, failures: [] },
  };
  const throwIfAborted = () => {
    if (signal?.aborted) throw new KeyValueError("aborted", "the signal was aborted", { cause: signal.reason });
  };
  try {
    throwIfAborted();
    for await (const batch of batches) {
      progress = advanced(progress, batch, await put(batch));
      await onProgress?.(progress);
      if (batch.cursor !== undefined) throwIfAborted();
    }
  } catch (error) {
    throw error instanceof KeyValueError ? new CopyError(error, progress) : error;
  }
  return progress;
}

/** Adds what became of a batch to the progress before it. */
function advanced(before: CopyProgress, batch: Batch, written: Written): CopyProgress {
  const failures = [...batch.failures, ...(written.failures ?? [])];
  return {
    copied: before.copied + (written.copied ?? 0),
    skipped: before.skipped + (written.skipped ?? 0),
    expired: before.expired + batch.expired + (written.expired ?? 0),
    failed: before.failed + failures.length,
    verified: before.verified + (written.verified ?? 0),
    collection: batch.collection,
    cursor: batch.cursor,
    failures: [...before.failures, ...failures].slice(0, KEPT_FAILURES),
  };
}
