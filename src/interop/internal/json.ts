import type { JsonValue } from "../../core/json.ts";

/**
 * Returns a value as JSON text would bring it back: dates become ISO strings, and what JSON cannot hold is left out. Packages
 * that keep values as JSON text expect this.
 */
export function throughJson(value: unknown): JsonValue | undefined {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
