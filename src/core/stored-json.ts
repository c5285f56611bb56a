import { type JsonValue, parseJson } from "./json.ts";

/** Reads what another program may have stored; `undefined` for anything but the JSON of a value. */
export function storedJson(text: unknown): JsonValue | undefined {
  try {
    return parseJson(text as string);
  } catch {
    return undefined;
  }
}
