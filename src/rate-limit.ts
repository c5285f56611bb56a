import { count } from "./core/checks.ts";
import { KeyValueError } from "./core/errors.ts";
import type { AsyncKeyValue, CapabilityMethods, CollectionOptions } from "./core/protocol.ts";

/** Options of {@link rateLimit}. */
export interface RateLimitOptions extends CollectionOptions {
  /** How much is allowed in any `window`, a whole number. */
  readonly limit: number;
  /** The length of the window in seconds. */
  readonly window: number;
  /** How much this call takes of the limit. Default: 1. */
  readonly cost?: number | undefined;
}

/** The answer of {@link rateLimit}. */
export interface RateLimitResult {
  readonly allowed: boolean;
  /** How much is left. */
  readonly remaining: number;
  /** Seconds after which a refused call would be allowed if nobody else came; 0 for one that is allowed. */
  readonly retryAfter: number;
}

/** How many came in a slice of time, by the number of the slice. */
type Slices = readonly (readonly [slice: number, count: number])[];

/** Into how many slices a window is cut: more are more exact, and make the entry larger. */
const SLICES = 64;

/**
 * Counts a call against a limit over a sliding window, and answers whether it is allowed.
 *
 * In no window of that length are more than `limit` allowed, whatever their pattern and from wherever they come, as far
 * as the callers' clocks agree. The window is cut into 64 slices that are forgotten as a whole, so a call may be refused
 * up to a 64th of the window longer than an exact count would. The entry stays below 1.5 kB and expires by itself; a
 * refused call writes nothing.
 *
 * @throws TypeError when `limit` or `cost` is not a whole number of at least 1, or `cost` is above `limit`.
 * @throws KeyValueError `invalid_ttl` when `window` is not a positive finite number.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { rateLimit } from "edge-key-value/rate-limit";
 *
 * const store = memoryStore();
 *
 * export async function handle(request: Request): Promise<Response> {
 *   const address = request.headers.get("CF-Connecting-IP") ?? "unknown";
 *   const { allowed, retryAfter } = await rateLimit(store, address, { limit: 100, window: 60 });
 *   if (allowed) return new Response("Hello");
 *   return new Response(null, { status: 429, headers: { "Retry-After": String(Math.ceil(retryAfter)) } });
 * }
 * ```
 */
export async function rateLimit(
  store: AsyncKeyValue & Pick<CapabilityMethods, "update">,
  key: string,
  { limit, window, cost = 1, collection }: RateLimitOptions,
): Promise<RateLimitResult> {
  if (count(cost, "cost") > count(limit ?? 0, "limit")) throw new TypeError("cost must not be above limit");
  if (typeof window !== "number" || !(window > 0 && window < 1e9)) {
    throw new KeyValueError("invalid_ttl", "window must be a positive number of seconds");
  }
  const width = (window * 1000) / SLICES;
  let result: RateLimitResult = { allowed: false, remaining: 0, retryAfter: window };
  await store.update<Slices>(
    key,
    (slices) => {
      const now = Date.now();
      const slice = Math.floor(now / width);
      // A slice counts for as long as any moment of it lies in the window.
      const counting = (slices ?? []).filter(([number]) => number >= slice - SLICES);
      const used = counting.reduce((sum, [, count]) => sum + count, 0);
      if (used + cost > limit) {
        const retryAfter = Math.max(0, momentOf(counting, used + cost - limit, width) - now) / 1000;
        result = { allowed: false, remaining: Math.max(0, limit - used), retryAfter };
        return undefined;
      }
      result = { allowed: true, remaining: limit - used - cost, retryAfter: 0 };
      const before = counting.filter(([number]) => number !== slice);
      return [...before, [slice, (counting.find(([number]) => number === slice)?.[1] ?? 0) + cost]];
    },
    { collection, ttl: (window * (SLICES + 1)) / SLICES },
  );
  return result;
}

/** When as many as are `needed` have left the window, oldest first, in epoch milliseconds. */
function momentOf(slices: Slices, needed: number, width: number): number {
  let left = needed;
  for (const [slice, count] of [...slices].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return (slice + SLICES + 1) * width;
  }
  return 0;
}
