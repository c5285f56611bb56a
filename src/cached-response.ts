import { unchanged, unconditional, withStatus } from "./caching/http/messages.ts";
import { bodyOf, recordOf, responseOf } from "./caching/http/record.ts";
import { checkTimes, directivesOf, isUnchanged, lifeOf, secondsOf, varyOf } from "./caching/http/rules.ts";
import { isValue, type Value, variantOf } from "./caching/http/variants.ts";
import type { RecallOptions } from "./caching/options.ts";
import { recaller } from "./caching/recall.ts";
import type { Answer, Life, Made, Result } from "./caching/results.ts";
import { ownScope } from "./caching/scope.ts";
import { count, refuse } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";

export type { CacheEvent } from "./caching/hooks.ts";
export type { LeaseOptions, RecallOptions } from "./caching/options.ts";

/** Options of {@link cachedResponse}. */
export interface CachedResponseOptions<Args extends readonly unknown[] = readonly unknown[]> extends RecallOptions {
  /** Where responses are kept. */
  readonly store: AsyncKeyValue;
  /** Seconds for responses that do not say it themselves. Default: those are not kept. */
  readonly ttl?: number | undefined;
  /** Seconds for which a response that does not say it is the answer while a new one is made. Default: 0. */
  readonly staleWhileRevalidate?: number | undefined;
  /** Seconds for which a response that does not say it stands in for a failure. Default: 0. */
  readonly staleIfError?: number | undefined;
  /** The key of a request; what its response varies by comes on top. Default: method and URL. */
  readonly key?: ((request: Request, ...args: Args) => string) | undefined;
  /** The methods whose responses are kept. Default: `["GET", "HEAD"]`. */
  readonly methods?: readonly string[] | undefined;
  /** Bytes of the largest body that is kept; larger ones are passed on as they come. Default: 1,000,000. */
  readonly maxBytes?: number | undefined;
  /** What the cache calls itself in the `Cache-Status` header, a token. Default: `"edge-key-value"`. */
  readonly name?: string | undefined;
}

/** A handler whose responses are kept in a store. */
export interface CachedHandler<Args extends readonly unknown[]> {
  (request: Request, ...args: Args): Promise<Response>;
  /**
   * Removes what is kept for a request, of all that it varies by.
   *
   * @throws KeyValueError when the store fails.
   */
  invalidate(request: Request, ...args: Args): Promise<void>;
  /** The same handler for one request, as `with` of `cached`: `page.with(ctx)(request, env, ctx)`. */
  with(scope: object): CachedHandler<Args>;
}

/** The arguments of a handler after the request. */
type Others<F extends (request: Request, ...args: never[]) => unknown> =
  Parameters<F> extends [Request, ...infer Rest] ? Rest : [];

/** For how long it is remembered, at least, by which headers the responses vary, in seconds. */
const VARY_TTL = 86_400;

/** For how long requests do not wait for each other after a response that must not be kept, in seconds. */
const PASS_TTL = 60;

/**
 * Keeps the responses of a handler in a store, as a cache that many visitors share.
 *
 * ```ts
 * const page = cachedResponse((request: Request) => render(request), { store, ttl: 60 });
 * export default { fetch: (request, env, ctx) => page.with(ctx)(request) };
 * ```
 *
 * The `Cache-Control` of the response decides (`no-store`, `private`, `no-cache`, `max-age`, `s-maxage`,
 * `stale-while-revalidate`, `stale-if-error`, `must-revalidate`), then `Expires`, then the options. Kept are
 * status, headers and body, one for each combination of the request headers that `Vary` names. `Set-Cookie` is never
 * kept, and a response that has it only where it says itself that it may be kept. Requests with `Authorization`, with
 * `Range`, with `Cache-Control: no-store` or with another method go past the cache; `no-cache` and `max-age` ask for a
 * newer response. Answers carry `Age` and `Cache-Status` (RFC 9211), and are 304 where the request has the same `ETag`.
 *
 * A response of 500 or above is not kept; with `staleIfError` it is a failure, as an exception is.
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
  const { store, methods = ["GET", "HEAD"], maxBytes = 1_000_000, name = "edge-key-value" } = options;
  const { key: keyOf = ({ method, url }: Request) => `${method} ${url}` } = options;
  if (typeof handler !== "function") refuse("handler", "a function");
  if (typeof keyOf !== "function") refuse("key", "a function");
  if (!/^[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*$/.test(name)) refuse("name", "a token");
  count(maxBytes, "maxBytes");
  checkTimes(options);
  const { recall, write, forget } = recaller(store, options, isValue);
  const failures = new WeakSet<object>();

  async function answer(request: Request, args: Args, scope: object | undefined): Promise<Response> {
    const asked = directivesOf(request.headers);
    const past = ["authorization", "range"].some((header) => request.headers.has(header)) || asked.has("no-store");
    if (past || !methods.includes(request.method)) return handler(request, ...args);

    const force = asked.has("no-cache") || (asked.size === 0 && request.headers.get("pragma") === "no-cache");
    const maxAge = secondsOf(asked, "max-age");
    const judge = ({ value, at, fresh }: Result): "hit" | "stale" | undefined => {
      const now = Date.now();
      const { response } = Object(value) as Value;
      const isYoung = !response || (!force && response.age + (now - at) / 1000 <= (maxAge ?? Number.POSITIVE_INFINITY));
      return isYoung && now < fresh ? "hit" : undefined;
    };
    const how = { scope, ...((force || maxAge !== undefined) && { judge }) };
    const base = keyOf(request, ...args);
    let place = base;
    let names: readonly string[] = [];
    /** What this very call got from the handler, cookies and all, and whether it was read to be kept. */
    let own: { readonly response: Response; readonly read?: boolean } | undefined;
    let answered = false;

    /** Makes what is kept of a response. */
    async function kept(response: Response): Promise<Made> {
      const life = lifeOf(response, options);
      const record = life && (await recordOf(response, maxBytes));
      if (!record || record instanceof Response) {
        own = { response: record ?? response };
        if (answered) await own.response.body?.cancel();
        return { value: { pass: true }, life: { fresh: PASS_TTL, stale: 0, onError: 0 } };
      }
      own = { response: new Response(bodyOf(record), response), read: true };
      const vary = varyOf(response.headers) ?? [];
      if (vary.every((header) => names.includes(header))) return { value: { response: record }, life };
      const index = { vary: [...new Set([...names, ...vary])].sort(), salt: crypto.randomUUID() as string };
      const variant = await variantOf(base, index, request);
      await write(variant, { value: { response: record }, life });
      return { value: index, life: { fresh: Math.max(VARY_TTL, lengthOf(life)), stale: 0, onError: 0 } };
    }

    async function make(): Promise<Made> {
      const response = await handler(unconditional(request), ...args);
      if (response.status < 500) return kept(response);
      own = { response };
      if (answered) await response.body?.cancel();
      const failure = new Error(`the handler answered with status ${response.status}`);
      failures.add(failure);
      throw failure;
    }

    /** Asks the handler without waiting for others, and keeps the response where it may be kept after all. */
    async function direct(): Promise<Response> {
      const response = await handler(request, ...args);
      if (lifeOf(response, options)) await recall(place, { make: () => kept(response), scope, force: true });
      return finished(own ?? { response }, "fwd=bypass");
    }

    /** A response that says what the cache did; without a body where the request has it already. */
    function finished({ response, read }: NonNullable<typeof own>, status: string): Response {
      const same = read && isUnchanged(request.headers, response);
      return withStatus(same ? unchanged(response) : response, `${name}; ${status}`);
    }

    // Each step knows more headers that the response varies by; there are seldom two.
    for (let steps = 0; steps < 10; steps++) {
      let recalled: Answer;
      try {
        recalled = await recall(place, { ...how, make });
      } catch (error) {
        if (!failures.has(error as object)) throw error;
        return own ? finished(own, "fwd=miss") : direct();
      }
      const { state, at, fresh } = recalled;
      const value = recalled.value as Value;
      if (state === "made" && own) return finished(own, force ? "fwd=request" : "fwd=miss");
      if (value.vary) {
        names = value.vary;
        place = await variantOf(base, value as Required<Value>, request);
        continue;
      }
      const response = value.response && responseOf(value.response);
      if (!value.response || !response) return direct();
      answered = true;
      if (state === "failed") await own?.response.body?.cancel();
      const now = Date.now();
      const status = state === "shared" ? "fwd=miss; collapsed" : `hit; ttl=${Math.floor((fresh - now) / 1000)}`;
      response.headers.set("age", `${Math.floor(value.response.age + (now - at) / 1000)}`);
      return finished({ response, read: true }, status);
    }
    return direct();
  }

  const within = (scope: object | undefined): CachedHandler<Args> =>
    Object.assign((request: Request, ...args: Args) => answer(request, args, scope), {
      invalidate: async (request: Request, ...args: Args) => forget([keyOf(request, ...args)]),
      with: (scope: object) => (Object(scope) === scope ? within(scope) : refuse("scope", "an object")),
    });

  return within(ownScope());
}

function lengthOf({ fresh, stale, onError }: Life): number {
  return fresh + Math.max(stale, onError);
}
