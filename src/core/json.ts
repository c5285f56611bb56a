import { type ErrorDetails, KeyValueError } from "./errors.ts";
import { isPlain, shown } from "./kinds.ts";

/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Levels of nesting that every backend and every JSON parser takes. */
const MAX_DEPTH = 1000;

/** The most names of an object that is copied by a spread. */
const SPREADABLE = 100;

/** The number of names from which an object is large. */
const LARGE = 300;

/** Where a part of a value is, and what an error tells about the whole value. */
interface Place {
  readonly details: ErrorDetails | undefined;
  readonly depth: number;
  readonly step?: string | number;
  readonly outer?: Place;
}

/** Returns a copy of a value that is JSON already, such as a stored one. */
export function copyJson(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const copy = value.slice();
    for (let i = 0; i < copy.length; i++) {
      // A call for each part would take longer than the rest.
      const part: JsonValue = copy[i];
      if (typeof part === "object" && part !== null) copy[i] = copyJson(part);
    }
    return copy;
  }
  if (!isSpreadable(value)) return rebuilt(value);
  const copy = { ...(value as Record<string, JsonValue>) };
  for (const name in copy) {
    const part = copy[name]!;
    if (typeof part === "object" && part !== null && Object.hasOwn(copy, name)) copy[name] = copyJson(part);
  }
  return copy;
}

/**
 * Returns a copy of a value that a backend holds.
 *
 * @throws KeyValueError `corrupted` when it is nested too deeply to copy.
 */
export function copyStored(value: JsonValue, details?: ErrorDetails): JsonValue {
  try {
    return copyJson(value);
  } catch {
    throw new KeyValueError("corrupted", "the stored value is nested too deeply", details);
  }
}

/**
 * Returns a copy of a value that will survive JSON unchanged; properties that are `undefined` are left out.
 *
 * @throws KeyValueError `not_serializable`, with the path to what JSON would change.
 */
export function toJson(value: unknown, details?: ErrorDetails): JsonValue {
  const place = { details, depth: 0 };
  return value === null ? fail("null: use delete to remove an entry", place) : checked(value, place);
}

function checked(value: unknown, place: Place): JsonValue {
  if (isKept(value)) return value;
  if (Object.is(value, -0)) return 0;
  if (typeof value !== "object" || !isPlain(value!)) return fail(shown(value), place);
  if (place.depth > MAX_DEPTH) return fail("cyclic or too deep", place);
  return checkedParts(value!, place);
}

function checkedParts(value: object, place: Place): JsonValue {
  if (Array.isArray(value)) {
    const copy = value.slice();
    for (let i = 0; i < copy.length; i++) {
      if (!isKept(copy[i])) copy[i] = checked(copy[i], inside(place, i));
    }
    return copy;
  }
  if (!isSpreadable(value)) return rebuilt(value, place);
  const copy = { ...(value as Record<string, unknown>) };
  let whole = Object.getOwnPropertySymbols(copy).length === 0;
  for (const name in copy) {
    const part = copy[name];
    // What is inherited is not in the copy.
    if (isKept(part) || !Object.hasOwn(copy, name)) continue;
    if (part === undefined) whole = false;
    else copy[name] = checked(part, inside(place, name));
  }
  // Deleting from the copy would make V8 keep it as a hash table.
  return whole ? (copy as JsonValue) : rebuilt(copy);
}

/** Whether a value without parts is the same in JSON. */
function isKept(value: unknown): value is string | number | boolean | null {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  return Number.isFinite(value) && !Object.is(value, -0);
}

function inside(outer: Place, step: string | number): Place {
  return { details: outer.details, depth: outer.depth + 1, step, outer };
}

function fail(problem: string, place: Place): never {
  const path: string[] = [];
  for (let at = place; at.outer; at = at.outer) {
    path.unshift(typeof at.step === "number" ? `[${at.step}]` : `.${at.step}`);
  }
  throw new KeyValueError("not_serializable", `value${path.slice(0, 20).join("")} is ${problem}`, place.details);
}

/** A spread is several times as fast as a loop until V8 keeps an object as a hash table. Then it is half as fast. */
function isSpreadable(value: object): boolean {
  let names = 0;
  for (const _ in value) if (++names > SPREADABLE) return false;
  return true;
}

/** Copies an object part by part, without those that JSON leaves out: symbols and what is `undefined`. */
function rebuilt(value: object, place?: Place): JsonValue {
  const copy: Record<string, JsonValue> = {};
  let names = 0;
  for (const name in value) {
    // Engines make one step of this loop and this check.
    if (!Object.hasOwn(value, name)) continue;
    const part = (value as Record<string, JsonValue | undefined>)[name];
    if (part === undefined) continue;
    // Without a prototype `__proto__` is a name like others, and V8 need not look for setters as it adds to a large object.
    if (++names === LARGE || name === "__proto__") {
      Object.setPrototypeOf(copy, null);
      names = LARGE;
    }
    copy[name] = place ? checked(part, inside(place, name)) : copyJson(part);
  }
  return names < LARGE ? copy : Object.setPrototypeOf(copy, Object.prototype);
}

/**
 * What `JSON.parse` may turn into `Infinity`: a number of 309 digits, or of fewer and an exponent that makes up for them. So
 * either it has 300 digits, or its exponent has two.
 */
const MANY_DIGITS = /\d{300}/;
/** Looks at what stands before a number in an object or array: strings are full of digits and letters. */
const LARGE_EXPONENT = /[^"\w]-?\d[\d.]*[eE]\+?\d{2}/;

/**
 * Parses stored JSON that another program may have written.
 *
 * @throws Error when it is no JSON, holds a number that is too large, or is `null`, which is never an entry's value.
 */
export function parseJson(text: string, parse: (text: string) => JsonValue = JSON.parse): JsonValue {
  const value = parse(text);
  if (typeof value !== "object" || value === null) return toJson(value);
  // One pattern for both takes V8 five times as long.
  return MANY_DIGITS.test(text) || LARGE_EXPONENT.test(text) ? toJson(value) : value;
}
