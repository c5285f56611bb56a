import { count, strings } from "./core/checks.ts";
import type { AnyDriver, Store } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";
import { toDriver } from "./core/store.ts";
import { batchesOf, type SourceOptions } from "./migration/copy-source.ts";
import { into, type TargetOptions } from "./migration/copy-target.ts";
import { type CopyProgress, type TransferOptions, transfer } from "./migration/transfer.ts";

export { type CopyCounts, CopyError, type CopyProgress } from "./migration/transfer.ts";

/** Options of {@link copy}. */
export interface CopyOptions extends TransferOptions, TargetOptions, Omit<SourceOptions, "cursor"> {}

/**
 * Copies entries from one store to another, with their deadlines and creation times, a batch at a time.
 *
 * It can stop at any point and go on from the token of its last progress: what it does again then changes nothing. A
 * failure that has to do with one entry is counted and the copy goes on; any other stops it. Let `retry` and `timeout`
 * stand around the stores to get past a backend that fails for a moment.
 *
 * While others write, use `migrating` for them and copy into its new store, not into the store that it makes: what they
 * have put or removed there is left alone, if `overwrite` is not set.
 *
 * @throws CopyError when it stops before its end, with the `progress` so far; code `aborted` after its signal.
 * @throws TypeError when the source cannot list what to copy.
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
  if (options.collections) strings(options.collections);
  else if (!from.listCollections) throw new TypeError("the source cannot list its collections: name them");
  if (to.name === "migrating") throw new TypeError("copy into the new store itself, not into the migrating one");
  count(options.batch, "batch");
  count(options.concurrency, "concurrency");
  return transfer(batchesOf(from, options), into(to, options), options);
}
