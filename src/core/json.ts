import { type ErrorDetails, KeyValueError } from "./errors.ts";

/** A value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * Returns a copy of a value that will survive JSON unchanged; properties that are `undefined` are left out.
 *
 * @param path Where the value is, for the message; it is empty again when this returns.
 * @throws KeyValueError `not_serializable`, with the path to what JSON would change.
 */
export function toJson(value: unknown, details?: ErrorDetails, path: (string | number)[] = []): JsonValue {
  /** Levels of nesting that every backend and every JSON parser takes. */
  const MAX_DEPTH = 1000;
  if (typeof value === "string" || typeof value === "boolean" || (value === null && path.length > 0)) return value;
  // Adding 0 turns -0 into 0, which is what JSON makes of it.
  if (Number.isFinite(value)) return (value as number) + 0;
  let problem: unknown = typeof value;
  if (typeof value === "number" || value === null) problem = value;
  else if (typeof value === "object") {
    if (!isPlain(value)) problem = `a ${Object.getPrototypeOf(value).constructor?.name}`;
    else if (path.length > MAX_DEPTH) problem = "cyclic or too deep";
    else if (Array.isArray(value)) {
      const copy: JsonValue[] = [];
      for (let i = 0; i < value.length; i++) {
        path.push(i);
        copy.push(toJson(value[i], details, path));
        path.pop();
      }
      return copy;
    } else {
      // Spreading keeps a property named `__proto__` as data, and engines clone the object's shape at once.
      const copy = { ...value } as Record<string, JsonValue>;
      for (const name in copy) {
        const inner: unknown = copy[name];
        if (inner === undefined) delete copy[name];
        else if (typeof inner !== "string") {
          path.push(name);
          const checked = toJson(inner, details, path);
          // Storing an unchanged value would take longer than all the rest.
          if (!Object.is(checked, inner)) copy[name] = checked;
          path.pop();
        }
      }
      return copy;
    }
  }
  const where = path.slice(0, 20).map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  throw new KeyValueError("not_serializable", `value${where.join("")} is ${problem}`, details);
}

/** True for arrays and for objects made by a literal, also those of another realm; false for class instances. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of arrays is an array itself; that of a class which extends Array is not.
  if (Array.isArray(value)) return Array.isArray(prototype);
  return !prototype || !Object.getPrototypeOf(prototype);
}
