import type { AsyncKeyValue, CapabilityMethods, CollectionOptions } from "../core/protocol.ts";
import { requireStore } from "../core/requirements.ts";
import { supports } from "../core/store.ts";

/** Options of {@link honoIdempotencyStore}. */
export interface HonoIdempotencyOptions extends CollectionOptions {
  /** How many seconds a response is replayed for. Default: 86,400, a day. */
  readonly ttl?: number | undefined;
  /**
   * Seconds after which a request that has not finished counts as crashed, and a retry runs again. Choose more than your
   * slowest handler takes. Default: as `ttl`.
   */
  readonly lease?: number | undefined;
}

/** A response as `hono-idempotency` stores it. */
export interface HonoIdempotencyResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What `hono-idempotency` stores under a key. */
export interface HonoIdempotencyRecord {
  key: string;
  fingerprint: string;
  status: "processing" | "completed";
  response?: HonoIdempotencyResponse;
  createdAt: number;
}

/** The `IdempotencyStore` of `hono-idempotency`. */
export interface HonoIdempotencyStore {
  get(key: string): Promise<HonoIdempotencyRecord | undefined>;
  /** Stores a record unless there is one; of many callers exactly one is told `true`. */
  lock(key: string, record: HonoIdempotencyRecord): Promise<boolean>;
  /** Adds the response to a record. Does nothing if there is no record. */
  complete(key: string, response: HonoIdempotencyResponse): Promise<void>;
  delete(key: string): Promise<void>;
  /** Reclaims the space of expired entries, if the store can be told to; returns how many there were. */
  purge(): Promise<number>;
}

/**
 * Makes the `store` of `hono-idempotency` from a store. Each `lock` is one atomic call.
 *
 * The store must be strongly consistent and have atomic operations: Durable Objects or Redis, or memory in one process.
 * The collection is `"hono-idempotency"` unless `collection` names another.
 *
 * @throws KeyValueError `misconfigured` when the store is not strongly consistent or has no atomic operations.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { honoIdempotencyStore } from "edge-key-value/interop/hono-idempotency";
 *
 * // idempotency({ store }) of hono-idempotency takes it.
 * const store = honoIdempotencyStore(memoryStore(), { lease: 60 });
 * ```
 */
export function honoIdempotencyStore(
  store: AsyncKeyValue & Pick<CapabilityMethods, "putIfAbsent" | "update">,
  { collection = "hono-idempotency", ttl = 86_400, lease = ttl }: HonoIdempotencyOptions = {},
): HonoIdempotencyStore {
  requireStore(store, "honoIdempotencyStore", { strong: true, atomic: true, lossless: true });
  return {
    get: async (key) => (await store.get<HonoIdempotencyRecord>(key, { collection })) ?? undefined,
    lock: (key, record) => store.putIfAbsent(key, record, { collection, ttl: lease }),
    async complete(key, response) {
      await store.update<HonoIdempotencyRecord>(
        key,
        (record) => (record ? { ...record, status: "completed", response } : undefined),
        { collection, ttl },
      );
    },
    async delete(key) {
      await store.delete(key, { collection });
    },
    purge: async () => (supports(store, "cull") ? store.cull() : 0),
  };
}
