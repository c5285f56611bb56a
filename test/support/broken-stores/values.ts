import type { Entry } from "../../../src/index.ts";
import { type Broken, driver, store, viaUtf8, writing } from "./make.ts";

/** Stores that change values. */
export const values: readonly Broken[] = [
  [
    "takes falsy values for missing ones",
    store((good) => ({ get: async <T>(key: string, options?: object) => (await good.get<T>(key, options)) || null })),
    "false, 0 and the empty string are values, not missing",
  ],
  [
    "parses texts that look like JSON",
    driver(({ read }) => ({
      read: async (...args) =>
        (await read(...args)).map(
          (entry) => entry && { ...entry, value: typeof entry.value === "string" ? parsed(entry.value) : entry.value },
        ),
    })),
    "every JSON value comes back as it was",
  ],
  [
    "takes texts through UTF-8",
    writing((entry) => ({
      ...entry,
      value: JSON.parse(JSON.stringify(entry.value), (_, value) =>
        typeof value === "string" ? viaUtf8(value) : value,
      ),
    })),
    "every JSON value comes back as it was",
  ],
  [
    "turns empty arrays into objects",
    writing((entry) => ({ ...entry, value: JSON.parse(JSON.stringify(entry.value).replaceAll("[]", "{}")) })),
    "every JSON value comes back as it was",
  ],
  [
    "rounds numbers",
    writing((entry) => ({
      ...entry,
      value: JSON.parse(JSON.stringify(entry.value), (_, value) =>
        typeof value === "number" ? Number(value.toPrecision(14)) : value,
      ),
    })),
    "every JSON value comes back as it was",
  ],
  [
    "sets a property named __proto__",
    writing((entry) => ({ ...entry, value: assigned(entry.value) as Entry["value"] })),
    "a property named __proto__ is data and never a prototype",
  ],
  [
    "stores what JSON makes of a value",
    store((good) => ({
      put: async (key, value, options) =>
        good.put(key, value === undefined ? 0 : JSON.parse(JSON.stringify(value) ?? "0"), options),
    })),
    "what JSON would change is refused with the path to it, and nothing is written",
  ],
];

function parsed(text: string): Entry["value"] {
  try {
    return JSON.parse(text) as Entry["value"];
  } catch {
    return text;
  }
}

function assigned(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(assigned);
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    // What assigning to it does, also where a runtime has disabled that.
    if (name !== "__proto__") copy[name] = assigned(inner);
    else if (typeof inner === "object") Object.setPrototypeOf(copy, assigned(inner) as object);
  }
  return copy;
}
