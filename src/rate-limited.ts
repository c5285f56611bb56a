import { checkOptions, refuse, returnedResponse } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import { type AtomicKeyValue, atomicDriver } from "./core/requirements.ts";
import {
  checkRateLimit,
  quotedName,
  type RateLimitOptions,
  type RateLimitResult,
  rateLimit,
  rateLimitHeaders,
} from "./rate-limiting/rate-limit.ts";

/** Options of {@link rateLimited}. */
export interface RateLimitedOptions<Args extends readonly unknown[] = readonly unknown[]>
  extends Omit<RateLimitOptions, "cost"> {
  /** Where calls are counted: a store with atomic operations. */
  readonly store: AtomicKeyValue;
  /** Returns whose limit a request counts against, such as a user or an address; `null` for a request without a limit. */
  readonly key: (request: Request, ...args: Args) => Awaitable<string | null>;
  /** How much of the limit a request takes, a whole number, or a function that returns it. Default: 1. */
  readonly cost?: number | ((request: Request, ...args: Args) => Awaitable<number>) | undefined;
  /** The name of the policy in the headers, in printable ASCII. Default: `"default"`. */
  readonly name?: string | undefined;
  /**
   * Makes the response for a refused request; the headers are added to it. Default: a problem document (RFC 9457) with
   * status 429, or 503 if the store failed and `onStoreError` is `"deny"`.
   */
  readonly refusal?: ((result: RateLimitResult, request: Request) => Awaitable<Response>) | undefined;
}

/** The arguments of a handler after the request. */
type Others<F extends (request: Request, ...args: never[]) => unknown> =
  Parameters<F> extends [Request, ...infer Rest] ? Rest : [];

/**
 * Limits how often a handler runs: at most `limit` requests in any window. Each request is one call to the store.
 *
 * A refused request is answered with status 429 and `Retry-After`. All responses carry the headers `RateLimit` and
 * `RateLimit-Policy` of the IETF draft (draft-ietf-httpapi-ratelimit-headers). Wrap a handler twice for two limits, each
 * with a `name` of its own. The window slides, as {@link rateLimit} describes.
 *
 * @throws TypeError when an argument or option is of the wrong type.
 * @throws KeyValueError `misconfigured` when the store has no atomic operations, `invalid_ttl` when `window` is not a
 * number of seconds from 0.001.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { rateLimited } from "edge-key-value/rate-limited";
 *
 * const handler = rateLimited(async (request: Request) => Response.json({ path: new URL(request.url).pathname }), {
 *   store: memoryStore(),
 *   limit: 100,
 *   window: 60,
 *   key: (request) => request.headers.get("CF-Connecting-IP") ?? "unknown",
 * });
 * ```
 */
export function rateLimited<F extends (request: Request, ...args: never[]) => Awaitable<Response>>(
  handler: F,
  options: RateLimitedOptions<Others<F>>,
): (request: Request, ...args: Others<F>) => Promise<Response>;
export function rateLimited<Args extends readonly unknown[]>(
  handler: (request: Request, ...args: Args) => Awaitable<Response>,
  options: RateLimitedOptions<Args>,
): (request: Request, ...args: Args) => Promise<Response> {
  if (typeof handler !== "function") refuse("handler", "a function", handler);
  const {
    store,
    key: keyOf,
    cost = 1,
    name = "default",
    refusal = refused,
    ...limits
  } = checkOptions(options, { key: "function", refusal: "function" });
  if (typeof keyOf !== "function") refuse("key", "a function", keyOf);
  // A wrong option must not show after the handler has run.
  quotedName(name);
  checkRateLimit({ ...limits, cost: typeof cost === "function" ? 0 : cost });
  atomicDriver(store, "rateLimited");

  return async (request, ...args) => {
    const key = await keyOf(request, ...args);
    if (key === null) return handler(request, ...args);
    const taken = typeof cost === "function" ? await cost(request, ...args) : cost;
    const result = await rateLimit(store, key, { ...limits, cost: taken });
    const response = result.allowed
      ? returnedResponse(await handler(request, ...args))
      : await refusal(result, request);
    return withHeaders(response, headersOf(result, name));
  };
}

/** If the store failed, nothing is known of the limit; only say when to come back. */
function headersOf(result: RateLimitResult, name: string): Record<string, string> {
  const headers = rateLimitHeaders(result, name);
  const { "Retry-After": retryAfter } = headers;
  if (result.error === undefined) return headers;
  return retryAfter === undefined ? {} : { "Retry-After": retryAfter };
}

/** The response with more headers; one that cannot be made again, such as a WebSocket, as it is. */
function withHeaders(response: Response, headers: Record<string, string>): Response {
  if (response.status < 200) return response;
  const result = new Response(response.body, response);
  for (const [name, value] of Object.entries(headers)) {
    // Several limits share the other headers. Of two waits one is enough: the client meets the other limit when it comes back.
    if (name === "Retry-After") result.headers.set(name, value);
    else result.headers.append(name, value);
  }
  return result;
}

function refused({ error, limit, window }: RateLimitResult): Response {
  const problem =
    error === undefined
      ? {
          type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
          title: "Too many requests",
          status: 429,
          detail: `No more than ${limit} requests are allowed in ${window} seconds.`,
        }
      : { title: "Requests cannot be counted at the moment", status: 503 };
  const headers = { "content-type": "application/problem+json" };
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
