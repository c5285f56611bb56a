import type { Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";

/** Entries of one collection on their way from one backend to another. */
export interface Batch {
  readonly collection: string;
  readonly items: readonly (readonly [key: string, entry: Entry])[];
  /** How many were listed, but had expired or were removed before they were read. */
  readonly expired: number;
  /** Why others could not be read. */
  readonly failures: readonly KeyValueError[];
  /** Where to go on after this batch; `undefined` after the last. */
  readonly cursor: string | undefined;
  /** Reads the items once more, where that can be done. */
  again?(keys: readonly string[]): Promise<readonly (Entry | undefined)[]>;
}

/** What has become of the entries so far. */
export interface CopyCounts {
  /** Written to the target; with `dryRun` what would have been. */
  readonly copied: number;
  /** Left alone, because the target has an entry there. */
  readonly skipped: number;
  /** Expired or removed before they could be copied. */
  readonly expired: number;
  /** Not copied, because the source could not read or the target not take them; or wrong when they were read back. */
  readonly failed: number;
  /** Read back from the target and found the same. */
  readonly verified: number;
}

/** Where a copy is. */
export interface CopyProgress extends CopyCounts {
  /** The collection of the last batch. */
  readonly collection: string | undefined;
  /** A token to resume from; `undefined` when there is nothing left, and before the first batch. */
  readonly cursor: string | undefined;
  /** The first hundred failures, with collection and key. */
  readonly failures: readonly KeyValueError[];
}

/** What {@link CopyError} and a result have of the batch that was written. */
export type Written = Partial<CopyCounts> & { readonly failures?: readonly KeyValueError[] };

/** A copy that stopped before its end, with how far it came. Its `code` and `cause` are those of what stopped it. */
export class CopyError extends KeyValueError {
  declare readonly progress: CopyProgress;

  constructor(cause: KeyValueError, progress: CopyProgress) {
    super(cause.code, `the copy has stopped: ${cause.message}`, { ...cause, cause });
    Object.assign(this, { progress });
  }
}

/** Failures that have to do with one entry alone: the copy goes on. */
const OF_AN_ENTRY: ReadonlySet<string> = /* @__PURE__ */ new Set([
  ...["corrupted", "wrong_key", "unknown_key", "tampered", "not_encrypted"],
  ...["too_large", "too_small", "invalid_value", "not_serializable", "invalid_ttl"],
]);

/** Runs a call for one entry: answers with the failure if that is about the entry alone, and throws any other. */
export async function attempt(
  call: () => unknown,
  collection: string,
  key: string,
): Promise<KeyValueError | undefined> {
  try {
    await call();
  } catch (error) {
    if (!concernsEntries(error)) throw error;
    return new KeyValueError(error.code, error.message, { ...error, collection, key, failed: undefined, cause: error });
  }
}

/** Whether a failure is about single entries and not about the backend. */
export function concernsEntries(error: unknown): error is KeyValueError {
  return error instanceof KeyValueError && OF_AN_ENTRY.has(error.code);
}

/** Hands batch after batch to `put`, and counts. What stops it carries the token of the last batch that was whole. */
export async function transfer(
  batches: AsyncIterable<Batch>,
  put: (batch: Batch) => Promise<Written>,
  { cursor, onProgress, signal }: TransferOptions,
): Promise<CopyProgress> {
  let progress: CopyProgress = {
    ...{ copied: 0, skipped: 0, expired: 0, failed: 0, verified: 0 },
    ...{ collection: undefined, cursor, failures: [] },
  };
  const stopped = () => {
    if (signal?.aborted) throw new KeyValueError("aborted", "the signal was aborted", { cause: signal.reason });
  };
  try {
    stopped();
    for await (const batch of batches) {
      const written = await put(batch);
      const failures = [...batch.failures, ...(written.failures ?? [])];
      const { copied = 0, skipped = 0, expired = 0, verified = 0 } = written;
      progress = {
        copied: progress.copied + copied,
        skipped: progress.skipped + skipped,
        expired: progress.expired + batch.expired + expired,
        failed: progress.failed + failures.length,
        verified: progress.verified + verified,
        collection: batch.collection,
        cursor: batch.cursor,
        failures: [...progress.failures, ...failures].slice(0, 100),
      };
      await onProgress?.(progress);
      if (batch.cursor !== undefined) stopped();
    }
  } catch (error) {
    throw error instanceof KeyValueError ? new CopyError(error, progress) : error;
  }
  return progress;
}

/** How a copy is watched, stopped and resumed. */
export interface TransferOptions {
  /** Goes on from the token of an earlier progress of the same source, collections and `batch`. Default: from the start. */
  readonly cursor?: string | undefined;
  /** Told after each batch; a promise is waited for, so that it can keep the token. */
  readonly onProgress?: ((progress: CopyProgress) => unknown) | undefined;
  /** Stops the copy after the batch that is under way, with code `aborted`. */
  readonly signal?: AbortSignal | undefined;
}
