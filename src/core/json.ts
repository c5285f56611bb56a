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
  readonly path: (string | number)[];
  readonly details: ErrorDetails | undefined;
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
  // A spread is several times as fast as a loop until V8 keeps an object as a hash table. Then it is half as fast.
  let names = 0;
  for (const _ in value) if (++names > SPREADABLE) return toJson(value);
  const copy = { ...(value as Record<string, JsonValue>) };
  for (const name in copy) {
    const part = copy[name]!;
    if (typeof part === "object" && part !== null && Object.hasOwn(copy, name)) copy[name] = copyJson(part);
  }
  return copy;
}

/**
 * Returns a copy of a value that will survive JSON unchanged; properties that are `undefined` are left out.
 *
 * @throws KeyValueError `not_serializable`, with the path to what JSON would change.
 */
export function toJson(value: unknown, details?: ErrorDetails): JsonValue {
  const place = { path: [], details };
  return value === null ? fail("null: use delete to remove an entry", place) : checked(value, place);
}

/** Returns a value without parts as it is in JSON. */
function single(value: unknown): JsonValue | undefined {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  // Adding 0 turns -0 into 0, which is what JSON makes of it.
  return Number.isFinite(value) ? (value as number) + 0 : undefined;
}

function checked(value: unknown, place: Place): JsonValue {
  const copy = single(value);
  if (copy !== undefined) return copy;
  if (typeof value !== "object" || value === null || !isPlain(value)) return fail(shown(value), place);
  if (place.path.length > MAX_DEPTH) return fail("cyclic or too deep", place);
  return checkedParts(value, place);
}

/** Returns a checked copy of a part of a value, or `undefined` to leave it out. */
function checkedPart(part: unknown, step: string | number, place: Place): JsonValue | undefined {
  const copy = single(part);
  if (copy !== undefined || (part === undefined && typeof step === "string")) return copy;
  place.path.push(step);
  const parts = checked(part, place);
  place.path.pop();
  return parts;
}

function fail(problem: string, { path, details }: Place): never {
  const where = path.slice(0, 20).map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  throw new KeyValueError("not_serializable", `value${where.join("")} is ${problem}`, details);
}

function checkedParts(value: object, place: Place): JsonValue {
  if (Array.isArray(value)) {
    const copy = value.slice();
    for (let i = 0; i < copy.length; i++) {
      const part: unknown = copy[i];
      if (typeof part !== "string") copy[i] = checkedPart(part, i, place);
    }
    return copy;
  }
  const copy: Record<string, JsonValue> = {};
  let names = 0;
  for (const name in value) {
    // Engines make one step of this loop and this check. A spread would copy symbols as well.
    if (!Object.hasOwn(value, name)) continue;
    const part = checkedPart((value as Record<string, unknown>)[name], name, place);
    if (part === undefined) continue;
    // Without a prototype `__proto__` is a name like others, and V8 need not look for setters as it adds to a large object.
    if (++names === LARGE || name === "__proto__") {
      Object.setPrototypeOf(copy, null);
      names = LARGE;
    }
    copy[name] = part;
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
