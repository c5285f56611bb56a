import type { JsonValue } from "../../core/json.ts";

/**
 * A value as it is after it went through JSON text: dates are ISO strings, and what JSON has no form for is left out.
 * Packages that keep values as JSON text expect this.
 */
export function throughJson(value: unknown): JsonValue | undefined {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
