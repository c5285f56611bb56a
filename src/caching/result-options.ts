import { refuse } from "../core/checks.ts";
import type { Awaitable } from "../core/driver.ts";
import { type RecallOptions, seconds } from "./options.ts";
import { copied, type Life, type Made } from "./results.ts";
import { checkedTags } from "./tags.ts";

/** Turns results into JSON and back, such as `{ encode: superjson.serialize, decode: superjson.deserialize }`. */
export interface ResultCodec<R> {
  /** Returns a JSON value for a result. */
  encode(result: NonNullable<R>): unknown;
  /** Returns the result. What it throws makes the stored value unusable. */
  decode(encoded: never): R;
}

/** How the results of a function are kept. */
export interface ResultOptions<Args extends readonly unknown[], R> extends RecallOptions {
  /** How many seconds a result is fresh, or a function that returns that for each result. 0 or less: it is not kept. */
  readonly ttl: number | ((result: R, ...args: Args) => number);
  /** Seconds for `null` and `undefined`, which are then never stale; 0: they are not kept. Default: as for other results. */
  readonly negativeTtl?: number | undefined;
  /** Seconds after the TTL in which calls return the old result while a new one is made. Default: 0. */
  readonly staleWhileRevalidate?: number | undefined;
  /** Seconds after the TTL in which calls return the old result if the function fails. Default: 0. */
  readonly staleIfError?: number | undefined;
  /** Shortens each TTL at random by at most this share, from 0 to 1, so results do not all expire together. Default: 0. */
  readonly jitter?: number | undefined;
  /**
   * The tags of results, or a function that returns those of each result. `invalidateTags` of `edge-key-value/cache-tags`
   * makes all results with a tag unusable. A result with tags is kept for 29 days at most. Default: none.
   */
  readonly tags?: readonly string[] | ((result: R, ...args: Args) => readonly string[]) | undefined;
  /** Whether a stored result may be used, and a new one stored. Throwing means no. Default: all may. */
  readonly validate?: ((value: unknown) => Awaitable<boolean>) | undefined;
  /** For results that are not JSON, such as those with a `Date`; not asked for `null` and `undefined`. Default: none. */
  readonly codec?: ResultCodec<R> | undefined;
}

/** How a function's results are stored and used again. */
export interface ResultRules<Args extends readonly unknown[], R> {
  /** What is stored of a result. */
  made(result: R, args: Args): Made;
  /** The result that is in a stored value. */
  decode(value: unknown): R;
  /** Whether a stored value may be used; left out where all may. */
  readonly valid: ((value: unknown) => Promise<boolean>) | undefined;
}

export function resultRules<Args extends readonly unknown[], R>(options: ResultOptions<Args, R>): ResultRules<Args, R> {
  const { tags = [], validate, codec } = options;
  const lifeOf = lives(options);
  if (typeof tags !== "function") checkedTags(tags);
  for (const part of ["encode", "decode"] as const) {
    if (codec && typeof codec[part] !== "function") refuse(`codec.${part}`, "a function");
  }
  const isNothing = (value: unknown): boolean => value === null || value === undefined;
  const decode = (value: unknown): R => (codec && !isNothing(value) ? codec.decode(value as never) : (value as R));

  return {
    decode,

    made(result, args) {
      try {
        const life = lifeOf(result, args);
        const names = checkedTags(typeof tags === "function" ? tags(result, ...args) : tags);
        const value = codec && !isNothing(result) ? codec.encode(result as NonNullable<R>) : result;
        return { value, life, tags: names };
      } catch (error) {
        // A function is no data, so no other caller gets what could not be encoded.
        return { value: codec ? () => result : result, life: undefined, problem: { error } };
      }
    },

    valid:
      (validate ?? codec) &&
      (async (value) => {
        try {
          // The store, and other callers, have the same value: `decode` and `validate` may change what they get.
          const result = decode(copied(value));
          return !validate || (await validate(result)) === true;
        } catch {
          return false;
        }
      }),
  };
}

/** How long each result lives. */
function lives<Args extends readonly unknown[], R>({
  ttl,
  negativeTtl,
  staleWhileRevalidate = 0,
  staleIfError = 0,
  jitter = 0,
}: ResultOptions<Args, R>): (result: R, args: Args) => Life | undefined {
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
    // A result may have expired already, such as a token.
    if (typeof time === "number" && time <= 0) return undefined;
    return { fresh: shortened(seconds("ttl", time)), stale, onError };
  };
}
