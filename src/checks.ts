import type { Entry } from "./driver.ts";

/** Returns the argument when it is a string; a TypeError that names it otherwise. */
export function string(value: unknown, name = "key"): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${name} must be a string`);
}

/** Returns a copy of the argument when it is an array of strings. */
export function strings(keys: readonly string[]): string[] {
  if (!Array.isArray(keys)) throw new TypeError("keys must be an array");
  return keys.map((key) => string(key));
}

/** Returns the argument when it is a whole number of at least `min`, or left out. */
export function count<T extends number | undefined>(value: T, name: string, min = 1): T {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min)) return value;
  throw new TypeError(`${name} must be a whole number from ${min}`);
}

/** The entry when it is there and its deadline has not passed. */
export function live<E extends Entry>(entry: E | undefined): E | undefined {
  // Without a deadline this compares `undefined`, which is false.
  return entry && (entry.expiresAt as number) <= Date.now() ? undefined : entry;
}
