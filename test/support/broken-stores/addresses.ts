import { type Broken, driver, joining, renaming, viaUtf8 } from "./make.ts";

/** Stores that mix up collections and keys. */
export const addresses: readonly Broken[] = [
  ["knows no collections", joining((_, key) => key), "collections do not see each other's keys"],
  [
    "joins collection and key without care",
    joining((collection, key) => `${collection}::${key}`),
    "no two pairs of collection and key meet",
  ],
  [
    "joins collection and key without a separator",
    joining((collection, key) => collection + key),
    "no two pairs of collection and key meet",
  ],
  [
    "joins them as URL parts, which throws for a lone surrogate",
    joining((collection, key) => `${encodeURIComponent(collection)}/${encodeURIComponent(key)}`),
    "every string is a key, apart from all others",
  ],
  ["takes keys through UTF-8", renaming(viaUtf8), "every string is a key, apart from all others"],
  ["normalises names", renaming((name) => name.normalize("NFC")), "every string is a key for the bulk methods as well"],
  ["ignores case", renaming((name) => name.toLowerCase()), "every string is a collection, apart from all others"],
  ["trims names", renaming((name) => name.trim()), "every string is a collection, apart from all others"],
  [
    "ends names at NUL",
    renaming((name) => name.split("\0")[0] as string),
    "every string is a key, apart from all others",
  ],
  ["cuts long names", renaming((name) => name.slice(0, 500)), "long names that differ only at one end are two names"],
  [
    "has an object for a map",
    renaming((name) => (name in {} ? "" : name)),
    "every string is a key, apart from all others",
  ],
  [
    "does not look at its limits",
    driver(() => ({ limits: { keyBytes: 512 } })),
    "a key over the backend's limit is refused as too large, and nothing is written",
  ],
  [
    "counts its key limit in characters",
    driver(({ write }) => ({
      limits: { keyBytes: 512 },
      write: (collection, items) => {
        for (const [key] of items) if (key.length > 512) throw tooLarge(key.length, 512);
        return write(collection, items);
      },
    })),
    "a key over the backend's limit is refused as too large, and nothing is written",
  ],
  [
    "does not look at its limit of values",
    driver(() => ({ limits: { valueBytes: 10_000 } })),
    "a value over the backend's limit is refused as too large, and nothing is written",
  ],
];

function tooLarge(size: number, limit: number): Error {
  return Object.assign(new Error("too large"), { name: "KeyValueError", code: "too_large", size, limit });
}
