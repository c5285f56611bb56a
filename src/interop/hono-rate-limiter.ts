import type { CollectionOptions } from "../core/protocol.ts";
import { type CountingStore, type HitStore, hitStore } from "./internal/hits.ts";

export type { CountingStore, HitStore, Hits } from "./internal/hits.ts";

/**
 * Makes the `store` of `hono-rate-limiter` from a store.
 *
 * Each hit is one atomic call, so a limit holds exactly, however many requests arrive at once and in however many
 * isolates. A window begins with the first hit of a client and lasts for the limiter's `windowMs`. An isolate that did
 * not count the first hit reads the end of the window once. The collection is `"hono-rate-limiter"` unless `collection`
 * names another: give each limiter one of its own.
 *
 * The store must have atomic operations: Durable Objects or Redis, or memory in one process.
 *
 * @throws KeyValueError `misconfigured` when the store has no atomic operations.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { honoRateLimiterStore } from "edge-key-value/interop/hono-rate-limiter";
 * import { Hono } from "hono";
 * import { rateLimiter } from "hono-rate-limiter";
 *
 * const app = new Hono();
 * app.use(
 *   rateLimiter({
 *     windowMs: 60_000,
 *     limit: 100,
 *     keyGenerator: (c) => c.req.header("CF-Connecting-IP") ?? "unknown",
 *     store: honoRateLimiterStore(memoryStore()),
 *   }),
 * );
 * ```
 */
export function honoRateLimiterStore(
  store: CountingStore,
  { collection = "hono-rate-limiter" }: CollectionOptions = {},
): HitStore {
  return hitStore(store, "honoRateLimiterStore", collection);
}
