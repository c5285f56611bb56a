import type { OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { toSqlText, utf8Length } from "../sql/text.ts";
import type { Row } from "./operations.ts";

/** Turns entries into rows and back. */
export interface RowCodec {
  /** Refuses what does not fit a row. */
  check(collection: string, key: string, json?: string): void;
  encode(collection: string, key: string, entry: Entry): Row;
  decode(collection: string, key: string, row: Row | null | undefined): Entry | undefined;
}

/**
 * The most bytes of a collection, a key and the JSON of a value together: rows have 2 MB, and a few bytes of that go to
 * the times and the version. Source: developers.cloudflare.com/durable-objects/platform/limits.
 */
export const ROW_BYTES = 1_999_800;

/** The codec of the store called `store`. */
export function rowCodec(store: string, onCorrupt: OnCorrupt | undefined): RowCodec {
  function check(collection: string, key: string, json = ""): void {
    // A UTF-16 unit takes at most six bytes, so most need no counting.
    if ((collection.length + key.length + json.length) * 6 <= ROW_BYTES) return;
    const size = utf8Length(toSqlText(collection)) + utf8Length(toSqlText(key)) + utf8Length(json);
    if (size <= ROW_BYTES) return;
    const details = { store, collection, key, size, limit: ROW_BYTES };
    throw new KeyValueError("too_large", "collection, key and value together are too large for a row", details);
  }

  return {
    check,
    encode(collection, key, { value, createdAt, expiresAt }) {
      const json = JSON.stringify(value);
      check(collection, key, json);
      return { value: json, createdAt, expiresAt };
    },
    decode(collection, key, row) {
      if (!row) return undefined;
      try {
        const value = JSON.parse(row.value);
        if (value !== null) return { ...row, value };
      } catch {}
      if (onCorrupt === "miss") return undefined;
      throw new KeyValueError("corrupted", "the stored value is not JSON", { store, collection, key });
    },
  };
}
