import { type RecallOptions, seconds } from "./caching/options.ts";
import { recaller } from "./caching/recall.ts";
import { copied, type Life } from "./caching/results.ts";
import { ownScope } from "./caching/scope.ts";
import { checkedTags } from "./caching/tags.ts";
import { refuse } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";

export type { CacheEvent } from "./caching/hooks.ts";
export type { LeaseOptions, RecallOptions } from "./caching/options.ts";

/** Options of {@link cached}. */
export interface CachedOptions<Args extends readonly unknown[] = readonly unknown[], R = unknown>
  extends RecallOptions {
  /** Returns the key of a result from the arguments. Functions with equal keys need different collections. */
  readonly key: (...args: Args) => string;
  /** How many seconds a result is fresh, or a function that returns that for each result. 0 or less: it is not kept. */
  readonly ttl: number | ((result: R, ...args: Args) => number);
  /** Seconds for `null` and `undefined`, which are then never stale; 0: they are not kept. Default: as for other results. */
  readonly negativeTtl?: number | undefined;
  /** Seconds after the TTL in which the old result is the answer while a new one is made. Default: 0. */
  readonly staleWhileRevalidate?: number | undefined;
  /** Seconds after the TTL in which the old result is the answer when the function fails. Default: 0. */
  readonly staleIfError?: number | undefined;
  /** The share of the TTL, from 0 to 1, by which each one is shortened at most, at random, so not all end together. Default: 0. */
  readonly jitter?: number | undefined;
  /**
   * The tags of results, or a function that returns those of each result. `invalidateTags` of `edge-key-value/cache-tags`
   * makes all results with a tag unusable. A result with tags is kept for 29 days at most. Default: none.
   */
  readonly tags?: readonly string[] | ((result: R, ...args: Args) => readonly string[]) | undefined;
  /** Whether a stored result may be used, and a new one stored. Throwing means no. Default: all may. */
  readonly validate?: ((value: unknown) => Awaitable<boolean>) | undefined;
}

/** A result that is in the store. */
export interface Peeked<R> {
  readonly value: R;
  /** Seconds since it was made. */
  readonly age: number;
  /** Seconds for which it is still fresh; negative when it is stale. */
  readonly ttl: number;
  readonly stale: boolean;
}

/** A function whose results are kept in a store. */
export interface Cached<Args extends readonly unknown[], R> {
  /**
   * Returns the stored result, or the function's. A failure of the function is thrown as it is, and is not kept.
   *
   * @throws KeyValueError `unavailable` when the function failed in another isolate for which this call waited.
   */
  (...args: Args): Promise<R>;
  /** Calls the function whatever is stored. Its result replaces those of all calls that began earlier. */
  refresh(...args: Args): Promise<R>;
  /**
   * Removes the stored result, and keeps those out that are being made.
   *
   * @throws KeyValueError when the store fails, whatever `onStoreError` says: the old result would still be there.
   */
  invalidate(...args: Args): Promise<void>;
  /** Reads the stored result without calling the function; `null` when there is none. */
  peek(...args: Args): Promise<Peeked<R> | null>;
  /**
   * The same function for one request. A scope with a `waitUntil` method, such as the `ctx` of a Worker, keeps the work
   * alive when the caller has its answer or is gone. The scope is any object that belongs to the request alone.
   */
  with(scope: object): Cached<Args, R>;
}

/**
 * Keeps the results of a function in a store: any JSON value, and `null` and `undefined`.
 *
 * Calls at the same time share one call of the function: those of one isolate through its memory, and on a store with
 * `swap` all isolates through a lease in the store. On Workers, pass `ctx` to `with`: then a visitor who leaves does not
 * end the work that others wait for.
 *
 * A store that fails is ignored unless `onStoreError` says otherwise. Wrap a store that may hang in `timeout`.
 *
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { cached } from "edge-key-value/cached";
 *
 * const lengthOf = cached(memoryStore(), async (url: string) => (await (await fetch(url)).text()).length, {
 *   key: (url) => url,
 *   ttl: 60,
 *   staleWhileRevalidate: 600,
 * });
 *
 * const length = await lengthOf("https://example.com/");
 * ```
 *
 * @throws TypeError when an argument or option is of the wrong type.
 * @throws KeyValueError `invalid_ttl` when a number of seconds is not positive, or not finite.
 */
export function cached<F extends (...args: never[]) => unknown>(
  store: AsyncKeyValue,
  fn: F,
  options: CachedOptions<Parameters<F>, Awaited<ReturnType<F>>>,
): Cached<Parameters<F>, Awaited<ReturnType<F>>>;
export function cached<Args extends readonly unknown[], R>(
  store: AsyncKeyValue,
  fn: (...args: Args) => Awaitable<R>,
  options: CachedOptions<Args, R>,
): Cached<Args, R> {
  const { key, validate, tags = [] } = options;
  if (typeof fn !== "function") refuse("fn", "a function");
  if (typeof key !== "function") refuse("key", "a function");
  if (typeof tags !== "function") checkedTags(tags);
  const lifeOf = lives(options);
  const { recall, find, forget } = recaller(store, options, validate && ((value) => accepts(validate, value)));

  const keyOf = (args: Args): string => {
    const name: unknown = key(...args);
    return typeof name === "string" ? name : refuse("key", "a function that returns a string");
  };

  function within(scope: object | undefined): Cached<Args, R> {
    async function call(args: Args, force: boolean): Promise<R> {
      const make = async () => {
        const value = await fn(...args);
        try {
          const life = lifeOf(value, args);
          return { value, life, tags: checkedTags(typeof tags === "function" ? tags(value, ...args) : tags) };
        } catch (error) {
          return { value, life: undefined, problem: { error } };
        }
      };
      return (await recall(keyOf(args), { make, scope, force })).value as R;
    }

    return Object.assign((...args: Args) => call(args, false), {
      refresh: (...args: Args) => call(args, true),
      invalidate: async (...args: Args) => forget([keyOf(args)]),
      async peek(...args: Args) {
        const result = (await find([keyOf(args)]))?.[0]?.result;
        if (!result) return null;
        const now = Date.now();
        const [age, ttl] = [(now - result.at) / 1000, (result.fresh - now) / 1000];
        return { value: copied(result.value) as R, age, ttl, stale: ttl <= 0 };
      },
      with: (scope: object) => (Object(scope) === scope ? within(scope) : refuse("scope", "an object")),
    });
  }

  return within(ownScope());
}

/** How long each result lives. */
function lives<Args extends readonly unknown[], R>({
  ttl,
  negativeTtl,
  staleWhileRevalidate = 0,
  staleIfError = 0,
  jitter = 0,
}: CachedOptions<Args, R>): (result: R, args: Args) => Life | undefined {
  if (typeof ttl !== "function") seconds("ttl", ttl);
  if (negativeTtl !== undefined) seconds("negativeTtl", negativeTtl, true);
  const stale = seconds("staleWhileRevalidate", staleWhileRevalidate, true);
  const onError = seconds("staleIfError", staleIfError, true);
  if (!(jitter >= 0 && jitter <= 1)) refuse("jitter", "a number from 0 to 1");
  const shortened = (time: number): number => time * (1 - jitter * Math.random());

  return (result, args) => {
    const negative = result === null || result === undefined ? negativeTtl : undefined;
    if (negative !== undefined) return negative > 0 ? { fresh: shortened(negative), stale: 0, onError: 0 } : undefined;
    const time = typeof ttl === "function" ? ttl(result, ...args) : ttl;
    // A result may be over already, such as a token that is about to expire.
    if (typeof time === "number" && time <= 0) return undefined;
    return { fresh: shortened(seconds("ttl", time)), stale, onError };
  };
}

async function accepts(validate: (value: unknown) => Awaitable<boolean>, value: unknown): Promise<boolean> {
  try {
    return (await validate(value)) === true;
  } catch {
    return false;
  }
}
