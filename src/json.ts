import { type ErrorDetails, KeyValueError } from "./errors.ts";

/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Levels of nesting that every backend and every JSON parser takes; deeper values are refused. */
const MAX_DEPTH = 1000;

/** What JSON would change. Its path is put together on the way out, so that values without a problem pay nothing. */
class Problem {
  path = "";
  readonly what: string;
  constructor(what: string) {
    this.what = what;
  }
}

/**
 * Returns a copy of a value that will survive JSON unchanged; properties that are `undefined` are left out.
 *
 * @throws KeyValueError `not_serializable`, with the path to what JSON would change.
 */
export function toJson(value: unknown, details?: ErrorDetails): JsonValue {
  try {
    return checked(value, 0);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new KeyValueError("not_serializable", `value${error.path.slice(0, 200)} is ${error.what}`, details);
  }
}

function checked(value: unknown, depth: number): JsonValue {
  if (typeof value === "string" || typeof value === "boolean" || (value === null && depth > 0)) return value;
  // Adding 0 turns -0 into 0, which is what JSON makes of it.
  if (Number.isFinite(value)) return (value as number) + 0;
  if (typeof value !== "object" || !value)
    throw new Problem(`${typeof value === "number" ? value : value && typeof value}`);
  if (!isPlain(value)) throw new Problem(`a ${value.constructor?.name}`);
  if (depth > MAX_DEPTH) throw new Problem("a cycle, or too deep");
  let at: string | number = 0;
  try {
    if (Array.isArray(value)) {
      const copy: JsonValue[] = [];
      for (; at < value.length; at++) copy.push(checked(value[at], depth + 1));
      return copy;
    }
    const copy = { ...value } as Record<string, JsonValue>;
    for (at in copy) {
      const inner: unknown = copy[at];
      if (inner === undefined) delete copy[at];
      else if (typeof inner !== "string") copy[at] = checked(inner, depth + 1);
    }
    return copy;
  } catch (problem) {
    if (problem instanceof Problem) {
      problem.path = (typeof at === "number" ? `[${at}]` : `.${at}`) + problem.path;
    }
    throw problem;
  }
}

/** True for arrays and for objects made by a literal, also those of another realm; false for class instances. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of arrays is an array itself; that of a class which extends Array is not.
  if (Array.isArray(value)) return Array.isArray(prototype);
  return !prototype || !Object.getPrototypeOf(prototype);
}
