import { within as inTime } from "./caching/limits.ts";
import { seconds } from "./caching/options.ts";
import { recaller } from "./caching/recaller.ts";
import { type ResultOptions, resultRules } from "./caching/result-options.ts";
import { type Answer, copied } from "./caching/results.ts";
import { ownScope } from "./caching/scope.ts";
import { checkOptions, refuse } from "./core/checks.ts";
import type { Awaitable } from "./core/driver.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";
import { abortable, abortedBy, orAborted } from "./core/times.ts";

export type { CacheEvent } from "./caching/hooks.ts";
export type { LeaseOptions, RecallOptions } from "./caching/options.ts";
export type { ResultCodec, ResultOptions } from "./caching/result-options.ts";

/** Options of {@link cached}. */
export interface CachedOptions<Args extends readonly unknown[] = readonly unknown[], R = unknown>
  extends ResultOptions<Args, R> {
  /** Returns the key of a result from the arguments. Functions with equal keys need different collections. */
  readonly key: (...args: Args) => string;
  /**
   * Seconds after which a call returns the old result, while the function goes on and its result is stored. It needs a
   * result that is not older than `staleIfError` or `staleWhileRevalidate` allows. Default: it waits.
   */
  readonly softTimeout?: number | undefined;
  /** Seconds after which a call fails with code `timeout`. The function goes on and its result is stored. Default: it waits. */
  readonly hardTimeout?: number | undefined;
}

/** What one call wants. */
export interface CallOptions {
  /** Ends the call with code `aborted`. The function goes on, since others may wait for it, and its result is stored. */
  readonly signal?: AbortSignal | undefined;
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

/** A result and where it comes from. */
export interface WithInfo<R> {
  readonly value: R;
  /**
   * - `hit`, `stale`: the store;
   * - `miss`: this call ran the function;
   * - `wait`: another call ran the function at the same time;
   * - `fallback`: the store, since the function failed.
   */
  readonly from: "hit" | "stale" | "miss" | "wait" | "fallback";
  /** Seconds since it was made. */
  readonly age: number;
  /** Seconds for which it is still fresh; 0 or less when it is stale, or not kept. */
  readonly ttl: number;
}

/** A function whose results are kept in a store. */
export interface Cached<Args extends readonly unknown[], R> {
  /**
   * Returns the stored result, or the function's. An error of the function is thrown unchanged, and not stored.
   *
   * @throws KeyValueError `unavailable` when the function failed in another isolate for which this call waited.
   */
  (...args: Args): Promise<R>;
  /** Does the same, and says where the result comes from. */
  withInfo(...args: Args): Promise<WithInfo<R>>;
  /** Calls the function whatever is stored. Its result replaces those of all calls that began earlier. */
  refresh(...args: Args): Promise<R>;
  /**
   * Removes the stored result, and drops results that are being made.
   *
   * @throws KeyValueError when the store fails, whatever `onStoreError` says: the old result would still be there.
   */
  invalidate(...args: Args): Promise<void>;
  /** Reads the stored result without calling the function; `null` when there is none. */
  peek(...args: Args): Promise<Peeked<R> | null>;
  /**
   * The same function for one request. A scope with a `waitUntil` method, such as the `ctx` of a Worker, keeps the work alive
   * when the caller has its result or is gone. The scope is any object that belongs to the request alone.
   */
  with(scope: object, options?: CallOptions): Cached<Args, R>;
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
  if (typeof fn !== "function") refuse("fn", "a function", fn);
  const { key, softTimeout, hardTimeout } = checkOptions(options, { key: "function" });
  if (typeof key !== "function") refuse("key", "a function", key);
  if (softTimeout !== undefined) seconds("softTimeout", softTimeout);
  if (hardTimeout !== undefined) seconds("hardTimeout", hardTimeout);
  const { made, decode, valid } = resultRules(options);
  const { recall, find, forget } = recaller(store, options, valid);

  const keyOf = (args: Args): string => {
    const name: unknown = key(...args);
    return typeof name === "string" ? name : refuse("key", "a function that returns a string", name);
  };

  function within(scope: object | undefined, { signal }: CallOptions = {}): Cached<Args, R> {
    abortable(signal);

    async function call<T>(args: Args, force: boolean, pick: (value: R, answer: Answer) => T): Promise<T> {
      const name = keyOf(args);
      if (signal) abortedBy(signal, { key: name });
      let own: { readonly value: R } | undefined;
      const make = async () => {
        own = { value: await fn(...args) };
        return made(own.value, args);
      };
      const work = recall(name, { make, scope, force, softTimeout });
      const timed = hardTimeout === undefined ? work : inTime(work, hardTimeout, name);
      const answer = await (signal ? orAborted(timed, signal, { key: name }) : timed);
      return pick(answer.state === "made" && own ? own.value : decode(answer.value), answer);
    }

    return Object.assign((...args: Args) => call(args, false, onlyValue), {
      withInfo: (...args: Args) => call(args, false, withInfo),
      refresh: (...args: Args) => call(args, true, onlyValue),
      invalidate: async (...args: Args) => forget([keyOf(args)]),
      async peek(...args: Args) {
        const result = (await find([keyOf(args)]))?.[0]?.result;
        if (!result) return null;
        const now = Date.now();
        const [age, ttl] = [(now - result.at) / 1000, (result.fresh - now) / 1000];
        return { value: decode(copied(result.value)), age, ttl, stale: ttl <= 0 };
      },
      with: (scope: object, options?: CallOptions) =>
        Object(scope) === scope ? within(scope, options) : refuse("scope", "an object", scope),
    });
  }

  return within(ownScope());
}

const onlyValue = <R>(value: R): R => value;

function withInfo<R>(value: R, { state, at, fresh }: Answer): WithInfo<R> {
  const now = Date.now();
  return { value, from: ORIGINS[state], age: Math.max(0, now - at) / 1000, ttl: (fresh - now) / 1000 };
}

const ORIGINS = { hit: "hit", stale: "stale", made: "miss", shared: "wait", failed: "fallback" } as const;
