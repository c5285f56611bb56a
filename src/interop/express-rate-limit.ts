import type { CollectionOptions } from "../core/protocol.ts";
import { type CountingStore, type HitStore, hitStore } from "./internal/hits.ts";

export type { CountingStore, HitStore, Hits } from "./internal/hits.ts";

/**
 * Makes the `store` of `express-rate-limit` from a store.
 *
 * Each hit is one atomic call, so a limit holds exactly, however many requests arrive at once and in however many
 * processes. A window begins with the first hit of a client and lasts for the limiter's `windowMs`. A process that did
 * not count the first hit reads the end of the window once. The collection is `"express-rate-limit"` unless `collection`
 * names another: give each limiter one of its own.
 *
 * The store must have atomic operations: Redis or Durable Objects, or memory in one process.
 *
 * @throws KeyValueError `misconfigured` when the store has no atomic operations.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { expressRateLimitStore } from "edge-key-value/interop/express-rate-limit";
 * import { rateLimit } from "express-rate-limit";
 *
 * const limiter = rateLimit({ windowMs: 60_000, limit: 100, store: expressRateLimitStore(memoryStore()) });
 * ```
 */
export function expressRateLimitStore(
  store: CountingStore,
  { collection = "express-rate-limit" }: CollectionOptions = {},
): HitStore {
  return hitStore(store, "expressRateLimitStore", collection);
}
