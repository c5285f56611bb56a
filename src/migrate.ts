import { checkOptions, count, string, strings } from "./core/checks.ts";
import type { AnyDriver, Store } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";
import { toDriver } from "./core/store.ts";
import { abortable } from "./core/times.ts";
import { batchesOf, type SourceOptions } from "./migration/copy-source.ts";
import { into, type TargetOptions } from "./migration/copy-target.ts";
import type { CopyProgress } from "./migration/progress.ts";
import { type TransferOptions, transfer } from "./migration/transfer.ts";

export { type CopyCounts, CopyError, type CopyProgress } from "./migration/progress.ts";

/** Options of {@link copy}. */
export interface CopyOptions extends TransferOptions, TargetOptions, Omit<SourceOptions, "cursor"> {}

/**
 * Copies entries from one store to another, with their deadlines and creation times, a batch at a time.
 *
 * A copy can stop at any point and resume from the token of its last progress; work that it repeats changes nothing. It counts
 * a failure that concerns one entry and goes on; any other failure stops it. Wrap the stores in `retry` and `timeout` to get
 * past a backend that fails for a moment.
 *
 * While others write, give them the store of `migrating`, and copy into the new store itself: the copy leaves alone the entries
 * that they have put or removed there, unless `overwrite` is set.
 *
 * @throws CopyError when it stops before its end, with the `progress` so far; its code is `aborted` after the signal.
 * @throws TypeError when the source cannot list what to copy, and when the target is the store of `migrating`.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { copy } from "edge-key-value/migrate";
 *
 * const [source, target] = [memoryStore(), memoryStore()];
 * const { copied, failures } = await copy(source, target);
 * console.log(`copied ${copied} entries`, failures);
 * ```
 */
export function copy(
  source: Store<"listKeys" | "listCollections">,
  target: AsyncKeyValue,
  options?: CopyOptions,
): Promise<CopyProgress>;
export function copy(
  source: Store<"listKeys">,
  target: AsyncKeyValue,
  options: CopyOptions & { readonly collections: readonly string[] },
): Promise<CopyProgress>;
export async function copy(
  source: AsyncKeyValue,
  target: AsyncKeyValue,
  options: CopyOptions = {},
): Promise<CopyProgress> {
  const from: AnyDriver = toDriver(source);
  const to: AnyDriver = toDriver(target);
  if (!from.listKeys) throw new TypeError("the source must be able to list its keys");
  checkOptions(options, { overwrite: "boolean", dryRun: "boolean", verify: "boolean", onProgress: "function" });
  if (options.cursor !== undefined) string(options.cursor, "cursor");
  abortable(options.signal);
  if (options.collections) strings(options.collections);
  else if (!from.listCollections) throw new TypeError("the source cannot list its collections: name them");
  if (to.name === "migrating") throw new TypeError("copy into the new store itself, not into the migrating one");
  count(options.batch, "batch");
  count(options.concurrency, "concurrency");
  return await transfer(batchesOf(from, options), into(to, options), options);
}
