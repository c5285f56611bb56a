import { baseStore, type StoreOptions } from "../core/base-store.ts";
import type { Store } from "../core/driver.ts";
import type { WorkersKV, WorkersKVList, WorkersKVValue } from "./kv/calls.ts";
import { type KVUse, kvDriver, type ListCapability } from "./kv/driver.ts";

export type { WorkersKV, WorkersKVList, WorkersKVValue };

/** Options of {@link workersKVStore}. */
export interface WorkersKVStoreOptions extends StoreOptions, KVUse {}

/**
 * A store in Workers KV.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: a write is seen elsewhere within about a minute, and "not there" is cached as well |
 * | Limits | values 25 MiB as JSON; names of about 950 bytes, collection included; one write a second to the same key |
 * | Calls per operation | one to read a key, one for each 100 keys in bulk; one to write a key, six at a time; a delete reads first |
 * | Stores | the value as plain JSON under `collection::key`; creation time and deadline in the metadata |
 *
 * Entries that another program wrote without metadata are read as entries that never expire. KV keeps an entry for at
 * least a minute; a shorter TTL still ends on time, since every read checks the deadline. `listCollections` has to read
 * every name in the namespace for each page. Listings are in the order of KV's names: that of code points, but for names
 * that had to be escaped or shortened. When some writes of a bulk fail, the others are still tried, and the error names
 * those that failed. There are no atomic operations: KV has nothing to build them on.
 *
 * Limits: developers.cloudflare.com/kv/platform/limits.
 *
 * @throws TypeError when `namespace` is not a KV binding, or `cacheTtl` is not a whole number of at least 30.
 */
export function workersKVStore(
  namespace: WorkersKV,
  options: WorkersKVStoreOptions & { readonly keyPrefix: string },
): Store<ListCapability | "destroy">;
export function workersKVStore(namespace: WorkersKV, options?: WorkersKVStoreOptions): Store<ListCapability>;
export function workersKVStore(namespace: WorkersKV, options: WorkersKVStoreOptions = {}): Store<ListCapability> {
  return baseStore(kvDriver(namespace, options), options) as Store<ListCapability>;
}
