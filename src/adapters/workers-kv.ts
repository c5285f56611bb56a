import { baseStore, type StoreOptions } from "../core/base-store.ts";
import type { Store } from "../core/driver.ts";
import type { WorkersKV, WorkersKVList, WorkersKVValue } from "./kv/binding.ts";
import { type KVUse, kvDriver } from "./kv/driver.ts";
import type { ListCapability } from "./kv/listings.ts";

export type { ListCapability, WorkersKV, WorkersKVList, WorkersKVValue };

/** Options of {@link workersKVStore}. */
export interface WorkersKVStoreOptions extends StoreOptions, KVUse {}

/**
 * Makes a store in Workers KV.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: other locations see a write within about a minute, and "not there" is cached as well |
 * | Limits | values 25 MiB as JSON; names of about 950 bytes, collection included; one write a second to the same key |
 * | Calls per operation | one to read a key, one for each 100 keys in bulk; one to write a key, six at a time; a delete reads first |
 * | Stores | the value as plain JSON under `collection::key`; creation time and deadline in the metadata |
 *
 * Entries that another program wrote without metadata never expire. KV keeps an entry for at least a minute; a shorter TTL
 * still ends on time, because every read checks the deadline, by the reader's clock. `listCollections` reads every name in
 * the namespace for each page. Listings are in the order of KV's names: by code point, except for names that had to be
 * escaped or shortened. When some writes of a bulk fail, the store still tries the others, and the error names those that
 * failed. There are no atomic operations, since KV has nothing to build them on.
 *
 * Reads fail with code `corrupted` for a value that is not JSON or whose metadata is damaged, unless `onCorrupt` is
 * `"miss"`. The error message has no stored value in it.
 *
 * Limits: developers.cloudflare.com/kv/platform/limits.
 *
 * @throws TypeError when `namespace` is not a KV binding, `cacheTtl` is not a whole number of at least 30, or `onCorrupt` is
 * neither `"throw"` nor `"miss"`.
 * @example
 * ```ts
 * import { type WorkersKV, workersKVStore } from "edge-key-value/adapters/workers-kv";
 *
 * export default {
 *   async fetch(request: Request, env: { KV: WorkersKV }): Promise<Response> {
 *     const store = workersKVStore(env.KV, { keyPrefix: "my-app" });
 *     await store.put("last-visit", request.url, { ttl: 3600 });
 *     return Response.json(await store.get("last-visit"));
 *   },
 * };
 * ```
 */
export function workersKVStore(
  namespace: WorkersKV,
  options: WorkersKVStoreOptions & { readonly keyPrefix: string },
): Store<ListCapability | "destroy">;
export function workersKVStore(namespace: WorkersKV, options?: WorkersKVStoreOptions): Store<ListCapability>;
export function workersKVStore(namespace: WorkersKV, options: WorkersKVStoreOptions = {}): Store<ListCapability> {
  return baseStore(kvDriver(namespace, options), options) as Store<ListCapability>;
}
