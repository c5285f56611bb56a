import type { Entry } from "./entry.ts";
import { isPlain, shown } from "./kinds.ts";
import type { CollectionOptions, PutOptions, ValueWithTtl } from "./protocol.ts";

/** Turns a store's arguments into a driver's. */
export interface Arguments {
  collectionOf(options: CollectionOptions | undefined): string;
  /** Returns an entry with a checked copy of a value: a new entry, or one that replaces `old` and keeps its times. */
  entryOf(key: string, value: unknown, options: PutOptions | undefined, old?: Entry): Entry;
  /** Returns a copy of an entry's value and the seconds it has left. */
  withTtl<T>(entry: Entry): ValueWithTtl<T>;
}

/** Refuses an argument. With `given`, the message says what was given. */
export function refuse(name: string, what: string, ...given: readonly unknown[]): never {
  const got = given.length > 0 ? `; got ${shown(given[0])}` : "";
  throw new TypeError(`${name} must be ${what}${got}`);
}

/** Refuses a binding that is missing, as `env.KV` is when the Wrangler config does not have it. */
export function bound(binding: unknown, name: string, kind: string): void {
  if (binding) return;
  throw new TypeError(`${name} is ${binding}: is there ${kind} binding of that name in your Wrangler config?`);
}

/** Returns the argument when it is a string. */
export function string(value: unknown, name = "key"): string {
  return typeof value === "string" ? value : refuse(name, "a string", value);
}

/** Returns options when they are an object. */
export function object<T>(options: T, what = "an object"): T {
  return typeof options === "object" && options !== null ? options : refuse("options", what, options);
}

/** Returns a copy of the argument when it is an array of strings. */
export function strings(keys: readonly string[]): string[] {
  return Array.isArray(keys) ? [...keys].map((key) => string(key)) : refuse("keys", "an array", keys);
}

/** Returns the argument when it is a whole number of at least `min`, or left out. */
export function count<T extends number | undefined>(value: T, name: string, min = 1): T {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min)) return value;
  return refuse(name, `a whole number >= ${min}`, value);
}

/** Refuses an option that is not one of these strings. */
export function oneOf<T extends string>(value: T, name: string, choices: readonly T[]): void {
  if (!choices.includes(value)) refuse(name, choices.map((choice) => JSON.stringify(choice)).join(" or "), value);
}

/** Refuses everything but plain objects: those made by a literal, and those without a prototype. */
export function plainObject(value: unknown, name: string): void {
  if (Object(value) !== value || Array.isArray(value) || !isPlain(value as object))
    refuse(name, "a plain object", value);
}

/** Returns options if they are an object and the options that are given have the right type. */
export function checkOptions<O extends object>(
  options: O,
  types: { readonly [Name in keyof O]?: "boolean" | "function" } = {},
): O {
  object(options);
  for (const [name, type] of Object.entries(types)) {
    const value: unknown = options[name as keyof O];
    if (value !== undefined && typeof value !== type) refuse(name, `a ${type}`, value);
  }
  return options;
}

/** Returns what a handler has returned when it is a response; not by `instanceof`, since it may be of another implementation. */
export function returnedResponse(response: Response): Response {
  if (typeof (Object(response) as Partial<Response>).status === "number") return response;
  return refuse("handler", "a function that returns a Response", response);
}
