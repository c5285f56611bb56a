import { httpCache } from "./caching/http/cache.ts";
import { checkFreshness } from "./caching/http/freshness.ts";
import { keysOf } from "./caching/http/keys.ts";
import { isValue } from "./caching/http/values.ts";
import type { RecallOptions } from "./caching/options.ts";
import { recaller } from "./caching/recaller.ts";
import { ownScope } from "./caching/scope.ts";
import { checkOptions, count, refuse, returnedResponse } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";

export type { CacheEvent } from "./caching/hooks.ts";
export type { LeaseOptions, RecallOptions } from "./caching/options.ts";

/** Options of {@link cachedResponse}. */
export interface CachedResponseOptions<Args extends readonly unknown[] = readonly unknown[]> extends RecallOptions {
  /** Where responses are kept. */
  readonly store: AsyncKeyValue;
  /** The TTL in seconds of responses that do not name one. Default: such responses are not kept. */
  readonly ttl?: number | undefined;
  /**
   * Seconds after the TTL in which the old response is returned while a new one is made, if the response does not say. Default:
   * 0.
   */
  readonly staleWhileRevalidate?: number | undefined;
  /**
   * Seconds after the TTL in which the old response replaces a failure of the handler, if the response does not say. Default:
   * 0.
   */
  readonly staleIfError?: number | undefined;
  /**
   * Seconds after the TTL in which a response with an `ETag` or `Last-Modified` is kept, so that the handler can answer
   * 304 and need not make it again. Default: 3600.
   */
  readonly validateFor?: number | undefined;
  /**
   * The key of a request. The method is always added, and so is what the response varies by.
   * Default: the URL without its fragment, and a digest of the body where there is one.
   */
  readonly key?: ((request: Request, ...args: Args) => Awaitable<string>) | undefined;
  /** The methods whose responses are kept. Default: `["GET", "HEAD"]`. */
  readonly methods?: readonly string[] | undefined;
  /**
   * Headers that make a request personal. Its response is only shared if `Cache-Control` or `Expires` allows that, and the
   * request only gets such responses. Use `[]` if pages do not depend on these headers, or if `key` contains the user. Default:
   * `["Authorization", "Cookie"]`.
   */
  readonly personal?: readonly string[] | undefined;
  /** The headers that say how long a response is kept. The first one that is present counts. Default: `["Cache-Control"]`. */
  readonly cacheControl?: readonly string[] | undefined;
  /**
   * Returns the tags of a response, beside those in its `Cache-Tag` header. `pathTags` of `edge-key-value/cache-tags`
   * returns tags for the beginnings of a path. Default: none.
   */
  readonly tags?: ((response: Response, request: Request, ...args: Args) => readonly string[]) | undefined;
  /** Returns `true` for requests that bypass the cache. Default: none. */
  readonly bypass?: ((request: Request, ...args: Args) => Awaitable<boolean>) | undefined;
  /**
   * Returns `false` for responses that must not be kept; throwing means the same. It must not read the body. Default: what HTTP
   * allows is kept.
   */
  readonly shouldCache?: ((response: Response, request: Request, ...args: Args) => Awaitable<boolean>) | undefined;
  /** Whether a request with a method such as POST removes the responses for its URL. Default: `true`. */
  readonly invalidate?: boolean | undefined;
  /** Bytes of the largest body that is kept; larger ones are passed on as they come. Default: 1,000,000. */
  readonly maxBytes?: number | undefined;
  /** The cache's name in the `Cache-Status` header, a token; `false`: the header is not sent. Default: `"edge-key-value"`. */
  readonly name?: string | false | undefined;
}

/** A handler whose responses are kept in a store. */
export interface CachedHandler<Args extends readonly unknown[]> {
  (request: Request, ...args: Args): Promise<Response>;
  /**
   * Removes the responses for a request, with all variants.
   *
   * @throws KeyValueError when the store fails.
   */
  invalidate(request: Request, ...args: Args): Promise<void>;
  /** The same handler for one request, as `with` of `cached`: `page.with(ctx)(request, env, ctx)`. */
  with(scope: object): CachedHandler<Args>;
}

/** Whether a value can be a method or the name of a header (RFC 9110, 5.6.2). */
const isToken = (value: unknown): boolean => typeof value === "string" && /^[\w!#$%&'*+\-.^`|~]+$/.test(value);

/** The arguments of a handler after the request. */
type Others<F extends (request: Request, ...args: never[]) => unknown> =
  Parameters<F> extends [Request, ...infer Rest] ? Rest : [];

/**
 * Keeps the responses of a handler in a store, as a cache that many visitors share (RFC 9111).
 *
 * `Cache-Control` of the response decides, then `Expires`, then the options. The cache keeps status, headers and body, one
 * response for each combination of the request headers that `Vary` names. It never keeps `Set-Cookie`. A response for a visitor
 * with `Authorization` or `Cookie` is only kept if it says that others may have it: see `personal`.
 *
 * Stale responses with an `ETag` or `Last-Modified` are validated at the handler. Requests with POST, PUT, PATCH or DELETE
 * remove the responses for their URL. Responses have `Age` and `Cache-Status` (RFC 9211), and are 304 or 206 if the request
 * allows it. docs/http-caching.md lists every clause.
 *
 * A status of 500 or above is not kept: it is a failure, as an exception is.
 *
 * The handler gets a request with a signal of its own, since others may wait for its response when the visitor leaves.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { cachedResponse } from "edge-key-value/cached-response";
 *
 * const page = cachedResponse(
 *   async (request: Request) => new Response(`Hello from ${new URL(request.url).pathname}`),
 *   { store: memoryStore(), ttl: 60 },
 * );
 *
 * const response = await page(new Request("https://example.com/news"));
 * ```
 *
 * @throws TypeError when an argument or option is of the wrong type.
 * @throws KeyValueError `invalid_ttl` when a number of seconds is not positive, or not finite.
 */
export function cachedResponse<F extends (request: Request, ...args: never[]) => Awaitable<Response>>(
  handler: F,
  options: CachedResponseOptions<Others<F>>,
): CachedHandler<Others<F>>;
export function cachedResponse<Args extends readonly unknown[]>(
  handler: (request: Request, ...args: Args) => Awaitable<Response>,
  options: CachedResponseOptions<Args>,
): CachedHandler<Args> {
  if (typeof handler !== "function") refuse("handler", "a function", handler);
  checkOptions(options, {
    key: "function",
    bypass: "function",
    shouldCache: "function",
    tags: "function",
    invalidate: "boolean",
  });
  const { store, methods = ["GET", "HEAD"], maxBytes = 1_000_000, name = "edge-key-value" } = options;
  const { personal = ["authorization", "cookie"], cacheControl = ["cache-control"] } = options;
  if (name !== false && !/^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*$/.test(name)) refuse("name", "a token", name);
  for (const [option, list] of Object.entries({ methods, personal, cacheControl })) {
    if (!Array.isArray(list)) refuse(option, "an array", list);
    for (const item of list) if (!isToken(item)) refuse(option, "an array of names as HTTP has them", item);
  }
  count(maxBytes, "maxBytes");
  checkFreshness(options);

  const { answer, invalidate } = httpCache<Args>({
    ...options,
    recaller: recaller(store, options, isValue),
    handler: async (request, ...args) => returnedResponse(await handler(request, ...args)),
    keyOf: keysOf(options.key),
    methods,
    maxBytes,
    name: name || undefined,
    personal,
    cacheControl,
    invalidates: options.invalidate ?? true,
  });

  const within = (scope: object | undefined): CachedHandler<Args> =>
    Object.assign((request: Request, ...args: Args) => answer(request, args, scope), {
      invalidate: (request: Request, ...args: Args) => invalidate(request, args),
      with: (scope: object) => (Object(scope) === scope ? within(scope) : refuse("scope", "an object", scope)),
    });

  return within(ownScope());
}
