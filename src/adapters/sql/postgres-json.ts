import { type JsonValue, parseJson } from "../../core/json.ts";

/** JSONB holds neither NUL nor half of a surrogate pair. In JSON both are escapes that begin with an odd number of backslashes. */
const UNSTORABLE = /(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f])/i;

/** An object with only this property stands for a value that JSONB cannot hold; the property is that value's JSON text. */
export const JSON_TEXT = "__json_text__";

/** A value as JSON that JSONB can hold. */
export function toJsonb(value: JsonValue): string {
  const json = JSON.stringify(value);
  const isEscaped = isJsonText(value) || (json.includes("\\u") && UNSTORABLE.test(json));
  return isEscaped ? JSON.stringify({ [JSON_TEXT]: json }) : json;
}

/** The inverse of {@link toJsonb}; any other JSON is the value that it stands for. */
export function fromJsonb(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return isJsonText(value) ? parseJson(value[JSON_TEXT]) : value;
}

/** Whether a value has the form of an escaped one, so that it has to be escaped itself. */
function isJsonText(value: JsonValue): value is { readonly [JSON_TEXT]: string } {
  if (value === null || typeof value !== "object" || !Object.hasOwn(value, JSON_TEXT)) return false;
  return Object.keys(value).length === 1 && typeof (value as Record<string, JsonValue>)[JSON_TEXT] === "string";
}
