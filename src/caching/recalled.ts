import { toJson } from "../core/json.ts";
import type { Kept } from "./lease.ts";

/** For how many seconds a result is fresh, may be stale, and may stand in for a failure; the latter two follow on the first. */
export interface Life {
  readonly fresh: number;
  readonly stale: number;
  readonly onError: number;
}

/** What making a result gives; without a life it is not kept. */
export interface Made {
  readonly value: unknown;
  readonly life: Life | undefined;
}

/** An answer and where it is from: `failed` is an old result that stands in for a failure. */
export interface Recalled {
  readonly state: "hit" | "stale" | "failed" | "made";
  readonly value: unknown;
  readonly at: number;
  readonly fresh: number;
}

/** The answer that was made just now. */
export function made({ value, life }: Made, at: number = Date.now()): Recalled {
  return { state: "made", value, at, fresh: at + (life?.fresh ?? 0) * 1000 };
}

/** The answer out of the store. */
export function recalled(state: Recalled["state"], { value, at, fresh }: Kept): Recalled {
  return { state, value: copyOf(value), at, fresh };
}

/** A result as it is kept. Throws when it is no JSON. */
export function keptOf(value: unknown, at: number, { fresh, stale, onError }: Life): Kept {
  const end = at + Math.round(fresh * 1000);
  return {
    value: value === null || value === undefined ? (value as null | undefined) : toJson(value),
    at,
    fresh: end,
    stale: end + stale * 1000,
    onError: end + onError * 1000,
  };
}

/** A copy, or the value itself where it has none. */
export function copyOf<T>(value: T): T {
  if (value === null || value === undefined) return value;
  try {
    return toJson(value) as T;
  } catch {
    return value;
  }
}
