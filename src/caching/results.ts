import { copyJson, type JsonValue, toJson } from "../core/json.ts";
import { TAGGED_LIFE } from "./stamps.ts";

/** A tag of a result, and what its stamp said before the result was made; without a stamp its name alone. */
export type Tag = readonly [name: string, ...stamp: string[]];

/**
 * How many seconds a result is fresh. The other times count from the end of the first: how long it may be stale, how
 * long it may replace a failure, and how long it is kept to be validated.
 */
export interface Life {
  readonly fresh: number;
  readonly stale: number;
  readonly onError: number;
  readonly validate?: number | undefined;
}

/** A result in the store. The times are epoch milliseconds; all but `at` are deadlines. */
export interface Result {
  /** What the function returned; `undefined` is a result, too. */
  readonly value: JsonValue | undefined;
  /** When it was made. */
  readonly at: number;
  /** Until when it is the answer. */
  readonly fresh: number;
  /** Until when it is the answer while a new one is made. */
  readonly stale: number;
  /** Until when it is the answer in place of a failure. */
  readonly onError: number;
  /** Until when it is kept, at least, to be validated. */
  readonly validate?: number | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** What making a result returns; without a life the value is not kept. */
export interface Made {
  readonly value: unknown;
  readonly life: Life | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Why the life is not known, such as what a function for the TTL threw. */
  readonly problem?: { readonly error: unknown } | undefined;
}

/**
 * A result and where it comes from: the store (`hit`, `stale`), the store in place of a failure (`failed`), a function that
 * this call ran (`made`), or one that another call ran at the same time (`shared`).
 */
export interface Answer {
  readonly state: "hit" | "stale" | "failed" | "made" | "shared";
  readonly value: unknown;
  readonly at: number;
  readonly fresh: number;
  /** Whether the result has tags, which may be invalidated at any moment. */
  readonly isTagged?: boolean | undefined;
}

/** When a result is no longer useful; NaN if a time is damaged. */
export function endOf({ fresh, stale, onError, validate = 0 }: Result): number {
  return Math.max(fresh, stale, onError, validate);
}

/** A result as it is stored. Throws when JSON would change the value. */
export function toResult(value: unknown, at: number, life: Life, tags: readonly Tag[] = []): Result {
  const { fresh, stale, onError, validate } = life;
  const latest = tags.length > 0 ? at + TAGGED_LIFE : Number.POSITIVE_INFINITY;
  const end = at + Math.round(fresh * 1000);
  return {
    value: value === null || value === undefined ? (value as null | undefined) : toJson(value),
    at,
    fresh: Math.min(end, latest),
    stale: Math.min(end + stale * 1000, latest),
    onError: Math.min(end + onError * 1000, latest),
    ...(validate && { validate: Math.min(end + validate * 1000, latest) }),
    ...(tags.length > 0 && { tags }),
  };
}

/** The answer that was made just now. */
export function answerOf({ value, life, tags = [] }: Made, at: number): Answer {
  return { state: "made", value, at, fresh: at + (life?.fresh ?? 0) * 1000, isTagged: tags.length > 0 };
}

/** The answer from the store. */
export function answerFrom(state: Answer["state"], { value, at, fresh, tags }: Result): Answer {
  return { state, value: copied(value, copyJson), at, fresh, isTagged: tags !== undefined };
}

/** An answer as another call has it: with a copy of its value. */
export function shared(answer: Answer): Answer {
  return { ...answer, state: answer.state === "made" ? "shared" : answer.state, value: copied(answer.value) };
}

/**
 * A copy of a value that JSON can hold, or the value itself.
 *
 * @param copy Copies a value other than `null` and `undefined`; `copyJson` does it faster for values that are JSON already.
 */
export function copied<T>(value: T, copy: (value: T & JsonValue) => JsonValue = toJson): T {
  if (value === null || value === undefined) return value;
  try {
    return copy(value as T & JsonValue) as T;
  } catch {
    return value;
  }
}

/** Whether another request may have the value: on Workers, objects such as streams belong to one request. */
export function isPlainData(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  try {
    toJson(value);
    return true;
  } catch {
    return false;
  }
}
