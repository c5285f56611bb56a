import { checkOptions, count, refuse, string } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import type { CollectionOptions } from "./core/protocol.ts";
import { requireStore } from "./core/requirements.ts";
import { LONGEST_DELAY, lifetime } from "./core/times.ts";
import { answering } from "./idempotency/answering.ts";
import type { ClaimingStore } from "./idempotency/attempts.ts";
import { type IdempotencyProblem, problemResponse } from "./idempotency/problems.ts";
import type { RequestBytes } from "./idempotency/request.ts";

export type { ClaimingStore, IdempotencyProblem, RequestBytes };

/** Options of {@link idempotent}. */
export interface IdempotentOptions<Args extends readonly unknown[] = readonly unknown[]> extends CollectionOptions {
  /** Where keys and responses are kept: a store with atomic operations. */
  readonly store: ClaimingStore;
  /** The collection for them. Default: `"idempotency"`. */
  readonly collection?: string | undefined;
  /**
   * Returns who is calling, such as the id of a user or of a tenant: equal keys of two callers are two keys. Default:
   * all callers share one space of keys, and a request with other credentials (`Authorization`, `Cookie`) than the
   * first counts as another request, which is answered with 422.
   */
  readonly scope?: ((request: Request, ...args: Args) => Awaitable<string>) | undefined;
  /** Refuses a request without a key, with status 400. Default: `false`, such a request simply runs. */
  readonly required?: boolean | undefined;
  /** The methods that keys are read for. Default: `["POST", "PATCH"]`. */
  readonly methods?: readonly string[] | undefined;
  /** Seconds for which a response is replayed. Default: 86,400, a day. */
  readonly ttl?: number | undefined;
  /**
   * Seconds after which a crashed attempt no longer blocks its key; a running one renews its claim three times as often.
   * Default: 30.
   */
  readonly lease?: number | undefined;
  /**
   * Bytes of the largest body. A larger request is refused with status 413. A larger response is passed on, and its
   * retries are answered with 410. Default: 1,000,000.
   */
  readonly maxBytes?: number | undefined;
  /** Returns what all retries of a request have in common. Default: method, path, query and body. */
  readonly fingerprint?: ((request: Request, body: RequestBytes) => Awaitable<string>) | undefined;
  /**
   * Returns whether a response is final, so that retries receive it; otherwise a retry runs again. Default: every status
   * below 500 but 408, 425 and 429, which ask for a retry.
   */
  readonly isFinal?: ((response: Response) => Awaitable<boolean>) | undefined;
  /** The URL of a page for your clients on how to use keys. It goes into refusals as `type` and as a `Link` header. */
  readonly documentation?: string | undefined;
  /** Makes the response for a refused request. Default: a problem document (RFC 9457). */
  readonly refusal?: ((problem: IdempotencyProblem, request: Request) => Awaitable<Response>) | undefined;
  /**
   * Takes an attempt, such as `(promise) => ctx.waitUntil(promise)`, so that it outlives a client that hangs up. The
   * promises never reject. Default: nobody waits for them.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Is told of failures that no caller sees: of the store, once the handler has begun. What it throws is ignored. */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined;
}

/** A handler that runs a request once, however often it is sent. */
export interface IdempotentHandler<Args extends readonly unknown[]> {
  (request: Request, ...args: Args): Promise<Response>;
  /** The same handler for one request, whose `waitUntil` takes the attempt: `pay.with(ctx)(request, env, ctx)`. */
  with(scope: object): IdempotentHandler<Args>;
}

/** The arguments of a handler after the request. */
type Others<F extends (request: Request, ...args: never[]) => unknown> =
  Parameters<F> extends [Request, ...infer Rest] ? Rest : [];

/** Statuses below 500 that ask for a retry. */
const NOT_FINAL = new Set([408, 425, 429]);

/**
 * Runs each request once, however often it is sent: the `Idempotency-Key` header of the IETF draft
 * (draft-ietf-httpapi-idempotency-key-header).
 *
 * The first request with a key runs, and its response is stored. A retry receives that response, with the header
 * `Idempotent-Replayed: true`; while the first request still runs, 409. A key that comes back with another request is
 * answered with 422, a malformed or missing one with 400. When the handler throws, or answers with status 500 or above,
 * nothing is stored and a retry runs again. When the process dies, a retry runs again once `lease` seconds have passed.
 *
 * The store decides which request is the first, so this holds across isolates and machines. An attempt costs one call to the
 * store before the handler runs, and two after. If the store fails before the handler runs, the handler does not run, and the
 * caller gets the failure.
 *
 * Responses are read to their end before they are sent, and stored with their cookies.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { idempotent } from "edge-key-value/idempotent";
 *
 * const pay = idempotent(async (request: Request) => Response.json({ paid: await request.json() }), {
 *   store: memoryStore(),
 *   required: true,
 * });
 * ```
 *
 * @throws TypeError when an argument or option is of the wrong type.
 * @throws KeyValueError `misconfigured` when the store has no atomic operations or may drop live entries, `invalid_ttl` when `ttl` or `lease` is not
 * a positive number of seconds.
 */
export function idempotent<F extends (request: Request, ...args: never[]) => Awaitable<Response>>(
  handler: F,
  options: IdempotentOptions<Others<F>>,
): IdempotentHandler<Others<F>>;
export function idempotent<Args extends readonly unknown[]>(
  handler: (request: Request, ...args: Args) => Awaitable<Response>,
  options: IdempotentOptions<Args>,
): IdempotentHandler<Args> {
  if (typeof handler !== "function") refuse("handler", "a function", handler);
  checkOptions(options, {
    scope: "function",
    required: "boolean",
    fingerprint: "function",
    isFinal: "function",
    refusal: "function",
    waitUntil: "function",
    onError: "function",
  });
  const { store, collection = "idempotency", required = false, methods = ["POST", "PATCH"], documentation } = options;
  const { ttl = 86_400, lease = 30, maxBytes = 1_000_000, isFinal = isFinalByStatus } = options;
  const { scope: callerOf, fingerprint, waitUntil, onError } = options;
  const { refusal = (problem) => problemResponse(problem, documentation) } = options;
  if (!Array.isArray(methods)) refuse("methods", "an array", methods);
  // A method is case-sensitive: one that no request has would turn the keys off.
  for (const method of methods) {
    if (string(method, "methods") !== method.toUpperCase()) refuse("methods", "in upper case");
  }
  string(collection, "collection");
  if (documentation !== undefined && !/^[!#-;=?-~]+$/.test(string(documentation, "documentation"))) {
    refuse("documentation", "a URL");
  }
  lifetime(ttl, "ttl");
  count(maxBytes, "maxBytes");
  const renewal = Math.min(lifetime(lease, "lease") / 3, LONGEST_DELAY);
  requireStore(store, "idempotent", { atomic: true, lossless: true });
  const answer = answering<Args>({
    ...{ store, handler, callerOf, fingerprint, required, methods, maxBytes, collection, ttl, lease, renewal },
    ...{ isFinal, refusal, waitUntil, onError },
  });

  const within = (scope: object | undefined): IdempotentHandler<Args> =>
    Object.assign((request: Request, ...args: Args) => answer(request, args, scope), {
      with: (scope: object) => (Object(scope) === scope ? within(scope) : refuse("scope", "an object", scope)),
    });
  return within(undefined);
}

function isFinalByStatus({ status }: Response): boolean {
  return status < 500 && !NOT_FINAL.has(status);
}
