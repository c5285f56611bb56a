import { bound, refuse } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import type { R2Client, R2Condition, R2Listing, R2Stored, R2StoredBody, R2Writing } from "./r2/bucket.ts";
import { type R2Capability, r2Driver } from "./r2/driver.ts";

export type { R2Capability, R2Client, R2Condition, R2Listing, R2Stored, R2StoredBody, R2Writing };

/** Options of {@link r2Store}. */
export interface R2StoreOptions extends StoreOptions {
  /** Puts `prefix::` before every name. The store then owns these names: it has `destroy`, which removes them. */
  readonly keyPrefix?: string | undefined;
  /** What to do with an object that is not an entry: throw `corrupted`, or treat it as missing. Default: `"throw"`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * Makes a store in an R2 bucket, for large values.
 *
 * | | |
 * |---|---|
 * | Consistency | strong |
 * | Limits | name 1,024 bytes (prefix, collection and key); value 4.995 GiB, which the memory of a Worker (128 MB) bounds before; one write a second to the same key |
 * | Calls per operation | one for each key to read or write, six at a time; a swap is one, or three where something expired was left; a delete reads the metadata first |
 * | Stores | an object `collection::key` with `{"value":…,"id":"…"}`; creation time and deadline in its custom metadata |
 *
 * `putIfAbsent`, `update` and the other atomic operations use R2's conditional writes. R2 has no conditional delete, so
 * `take` and `deleteIfVersion` leave an empty object that counts as absent.
 *
 * R2 does not expire objects by their metadata. An expired entry counts as absent, by the reader's clock, and stays until
 * `delete`, a later write, `destroyCollection`, or a lifecycle rule of the bucket removes it. There is no `cull`: without
 * a conditional delete it could remove an entry that was written in the meantime.
 *
 * Other characters than ASCII are percent-encoded in names, three bytes for each of theirs, since R2 takes names that
 * differ in Unicode composition alone for the same.
 *
 * Limits: developers.cloudflare.com/r2/platform/limits.
 *
 * @throws TypeError when the first argument is not an R2 binding, or `keyPrefix` is not a string.
 *
 * @example
 * ```ts
 * import { r2Store } from "edge-key-value/adapters/r2";
 *
 * export default {
 *   async fetch(_request: Request, env: { readonly BUCKET: R2Bucket }): Promise<Response> {
 *     const store = r2Store(env.BUCKET, { keyPrefix: "reports" });
 *     await store.put("2026-11", { rows: Array.from({ length: 100_000 }, (_, i) => i) });
 *     return Response.json(await store.get("2026-11"));
 *   },
 * };
 * ```
 */
export function r2Store(
  bucket: R2Client,
  options: R2StoreOptions & { readonly keyPrefix: string },
): Store<R2Capability | "destroy">;
export function r2Store(bucket: R2Client, options?: R2StoreOptions): Store<R2Capability>;
export function r2Store(bucket: R2Client, options: R2StoreOptions = {}): Store<R2Capability> {
  bound(bucket, "bucket", "an R2");
  if (typeof bucket.head !== "function" || typeof bucket.list !== "function") refuse("bucket", "an R2 binding");
  return createStore(r2Driver(bucket, options.keyPrefix, checkedOnCorrupt(options.onCorrupt)), options);
}
