import type { JsonValue } from "../core/json.ts";
import { visible } from "./names.ts";

/**
 * Formats a value as JSON, up to `limit` characters. `isWhole` says whether all of it fitted.
 *
 * `JSON.stringify` with an indent needs memory for depth times size, which a value of 1 MB can turn into gigabytes.
 */
export function jsonText(value: JsonValue, limit: number): { readonly text: string; readonly isWhole: boolean } {
  let text = "";

  /** Adds text, and returns whether there is room for more. */
  function put(part: string): boolean {
    text += part.slice(0, limit + 1 - text.length);
    return text.length <= limit;
  }

  function putScalar(scalar: JsonValue): boolean {
    return put(visible(JSON.stringify(typeof scalar === "string" ? scalar.slice(0, limit + 1) : scalar)));
  }

  function putValue(part: JsonValue, indent: string): boolean {
    if (typeof part !== "object" || part === null) return putScalar(part);
    const names = Array.isArray(part) ? undefined : Object.keys(part);
    const items: readonly JsonValue[] = Array.isArray(part) ? part : Object.values(part as Record<string, JsonValue>);
    const [open, close] = names ? "{}" : "[]";
    if (!put(open as string)) return false;
    const inner = `${indent}  `;
    for (const [i, item] of items.entries()) {
      if (!put(`${i > 0 ? "," : ""}\n${inner}`)) return false;
      if (names && !(putScalar(names[i] as string) && put(": "))) return false;
      if (!putValue(item, inner)) return false;
    }
    return put(items.length > 0 ? `\n${indent}${close}` : (close as string));
  }

  const isWhole = putValue(value, "");
  return { text: isWhole ? text : text.slice(0, limit), isWhole };
}
