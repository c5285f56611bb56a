import { count, object, oneOf, refuse, string } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { shown } from "../core/kinds.ts";
import { operate } from "../core/operate.ts";
import { limit as limitOperation } from "../core/operations/limit.ts";
import type { CollectionOptions } from "../core/protocol.ts";
import { type AtomicKeyValue, atomicDriver } from "../core/requirements.ts";

/** Options of {@link rateLimit}. */
export interface RateLimitOptions extends CollectionOptions {
  /** How much is allowed in any window, a whole number. */
  readonly limit: number;
  /** The length of the window in seconds, at least 0.001. */
  readonly window: number;
  /** How much of the limit this call takes, a whole number; 0 only looks. Default: 1. */
  readonly cost?: number | undefined;
  /** The collection of the limits. Default: `"rate-limits"`. */
  readonly collection?: string | undefined;
  /**
   * What to do when the store fails: throw its error, or allow or deny the call, with the error in the result.
   * Default: `"throw"`.
   */
  readonly onStoreError?: "throw" | "allow" | "deny" | undefined;
}

/** What {@link rateLimit} returns. */
export interface RateLimitResult {
  /** Whether the call is allowed; of a look (`cost: 0`) whether a call would be. */
  readonly allowed: boolean;
  /** How much is left. */
  readonly remaining: number;
  /** The limit and the window (in seconds) that were asked for. */
  readonly limit: number;
  readonly window: number;
  /**
   * Whole seconds, rounded up, after which a refused call would be allowed if no other came: the value of a `Retry-After`
   * header. 0 for a call that is allowed.
   */
  readonly retryAfter: number;
  /** The same, in milliseconds and not rounded. */
  readonly retryAfterMs: number;
  /** Whole seconds, rounded up, after which the whole limit is free again if no other call comes. */
  readonly resetAfter: number;
  /** The failure of the store, where `onStoreError` decided instead. */
  readonly error?: unknown;
}

/**
 * Counts a call against a limit over a sliding window, in one call to the store.
 *
 * No window of that length allows more than `limit`, whatever the pattern and origin of the calls, as long as the store drops no
 * entry, as a memory store with `maxEntries` does. The backend's clock decides
 * if it has one, and otherwise the callers' clocks. The window is cut into 64 slices, and a slice counts until all of it has
 * left the window. So a call may be refused for up to a 64th of the window longer than with an exact count. The entry is below
 * 1.5 kB and expires by itself; a refused call writes nothing. Limits with different windows may share a key.
 *
 * @throws TypeError when `limit` is not a whole number of at least 1, or `cost` is not one from 0 to `limit`.
 * @throws KeyValueError `invalid_ttl` for a window that is not a number of seconds from 0.001, `misconfigured` for a store
 * without atomic operations, `wrong_kind` for a key that holds another value.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { rateLimit, rateLimitHeaders } from "edge-key-value/rate-limit";
 *
 * const store = memoryStore();
 *
 * export async function handle(request: Request): Promise<Response> {
 *   const address = request.headers.get("CF-Connecting-IP") ?? "unknown";
 *   const result = await rateLimit(store, address, { limit: 100, window: 60 });
 *   const headers = rateLimitHeaders(result);
 *   return result.allowed ? new Response("Hello", { headers }) : new Response(null, { status: 429, headers });
 * }
 * ```
 */
export async function rateLimit(
  store: AtomicKeyValue,
  key: string,
  options: RateLimitOptions,
): Promise<RateLimitResult> {
  checkRateLimit(options);
  const { limit, window, cost = 1, collection = "rate-limits", onStoreError = "throw" } = options;
  const driver = atomicDriver(store, "rateLimit");
  const milliseconds = window * 1000;
  // The window is part of the key, since slices of another length could not be compared.
  const address = { collection, key: `${milliseconds}:${string(key)}` };
  const asked = { limit, window };
  try {
    const result = await operate(driver, address, limitOperation, { limit, window: milliseconds, cost });
    if ("error" in result) {
      const details = { store: driver.name, ...address };
      throw new KeyValueError(result.error, "the value under the key is not a rate limit", details);
    }
    const { allowed, remaining, retryAfter, resetAfter } = result;
    const seconds = { retryAfter: Math.ceil(retryAfter / 1000), resetAfter: Math.ceil(resetAfter / 1000) };
    return { allowed, remaining, ...asked, ...seconds, retryAfterMs: retryAfter };
  } catch (error) {
    if (onStoreError === "throw" || !isStoreFailure(error)) throw error;
    const allowed = onStoreError === "allow";
    // It is unknown when the store is back: ask the caller to come again in a second.
    const wait = allowed ? 0 : 1;
    return { allowed, remaining: 0, ...asked, retryAfter: wait, retryAfterMs: wait * 1000, resetAfter: wait, error };
  }
}

/** Refuses options that are wrong for every call. */
export function checkRateLimit(options: RateLimitOptions): void {
  const {
    limit,
    window,
    cost = 1,
    collection = "",
    onStoreError = "throw",
  } = object(options, "an object with limit and window");
  string(collection, "collection");
  oneOf(onStoreError, "onStoreError", ["throw", "allow", "deny"]);
  if (count(cost, "cost", 0) > count(limit ?? 0, "limit")) throw new TypeError("cost must not be above limit");
  // The numbers of shorter slices would no longer be exact.
  if (typeof window === "number" && window >= 0.001 && window < 1e9) return;
  throw new KeyValueError(
    "invalid_ttl",
    `window must be a number of seconds from 0.001 to below 1e9; got ${shown(window)}`,
  );
}

/**
 * The headers that tell a client about its limit: `RateLimit` and `RateLimit-Policy` of the IETF draft
 * (datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers), and `Retry-After` for a call that was refused.
 *
 * @param name The name of the policy, in printable ASCII. Default: `"default"`.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { rateLimit, rateLimitHeaders } from "edge-key-value/rate-limit";
 *
 * const result = await rateLimit(memoryStore(), "alice", { limit: 100, window: 60 });
 * rateLimitHeaders(result);
 * // { "RateLimit-Policy": '"default";q=100;w=60', RateLimit: '"default";r=99;t=61' }
 * ```
 */
export function rateLimitHeaders(result: RateLimitResult, name = "default"): Record<string, string> {
  const quoted = quotedName(name);
  return {
    "RateLimit-Policy": `${quoted};q=${result.limit};w=${Math.ceil(result.window)}`,
    RateLimit: `${quoted};r=${result.remaining};t=${result.allowed ? result.resetAfter : result.retryAfter}`,
    ...(!result.allowed && { "Retry-After": `${result.retryAfter}` }),
  };
}

/** Returns the name of a policy as a header has it. */
export function quotedName(name: string): string {
  if (!/^[\x20-\x7e]*$/.test(string(name, "name"))) refuse("name", "printable ASCII");
  return `"${name.replace(/["\\]/g, "\\$&")}"`;
}

/** Whether an error is about the backend, and not about how it is used. */
function isStoreFailure(error: unknown): boolean {
  if (error instanceof KeyValueError) return !["wrong_kind", "misconfigured", "too_large"].includes(error.code);
  return !(error instanceof TypeError);
}
