import type { AsyncKeyValue, CapabilityMethods, CollectionOptions } from "../core/protocol.ts";
import { requireStore } from "../core/requirements.ts";
import { ttlOfMs } from "./internal/lifetimes.ts";

/** Options of {@link nodeIdempotencyStorage}. */
export interface NodeIdempotencyOptions extends CollectionOptions {
  /**
   * Seconds after which a request that has not finished counts as crashed, and a retry runs again. Choose more than your
   * slowest handler takes. Default: the TTL that the package passes, a day unless `cacheTTLMS` is set: a crash blocks the
   * key for as long.
   */
  readonly lease?: number | undefined;
}

/** The `StorageAdapter` of `@node-idempotency/storage`. Its TTLs are in milliseconds. */
export interface NodeIdempotencyStorage {
  /** Stores a value unless there is one; of many callers exactly one is told `true`. */
  setIfNotExists(key: string, value: string, options?: { ttl?: number }): Promise<boolean>;
  set(key: string, value: string, options?: { ttl?: number }): Promise<void>;
  get(key: string): Promise<string | undefined>;
}

/**
 * Makes the storage of `@node-idempotency` from a store. Each `setIfNotExists` is one atomic call.
 *
 * The store must be strongly consistent and have atomic operations: Redis or Durable Objects, or memory in one process.
 * The collection is `"node-idempotency"` unless `collection` names another.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent or has no atomic operations.
 * @example
 * ```ts
 * import { Idempotency } from "@node-idempotency/core";
 * import { memoryStore } from "edge-key-value";
 * import { nodeIdempotencyStorage } from "edge-key-value/interop/node-idempotency";
 *
 * const idempotency = new Idempotency(nodeIdempotencyStorage(memoryStore(), { lease: 60 }));
 * ```
 */
export function nodeIdempotencyStorage(
  store: AsyncKeyValue & Pick<CapabilityMethods, "putIfAbsent">,
  { collection = "node-idempotency", lease }: NodeIdempotencyOptions = {},
): NodeIdempotencyStorage {
  requireStore(store, "nodeIdempotencyStorage", { strong: true, atomic: true, lossless: true });
  /** 0 stands for no TTL, as elsewhere. */
  const seconds = (milliseconds: number | undefined) => ttlOfMs(milliseconds || undefined);
  return {
    setIfNotExists(key, value, { ttl } = {}) {
      const shorter = Math.min(seconds(ttl) ?? Number.POSITIVE_INFINITY, lease ?? Number.POSITIVE_INFINITY);
      return store.putIfAbsent(key, value, { collection, ttl: Number.isFinite(shorter) ? shorter : undefined });
    },
    set: (key, value, { ttl } = {}) => store.put(key, value, { collection, ttl: seconds(ttl) }),
    get: async (key) => (await store.get<string>(key, { collection })) ?? undefined,
  };
}
