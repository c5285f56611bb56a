import type { OnCorrupt } from "../../core/corrupt.ts";
import { KeyValueError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import { storedJson } from "../../core/stored-json.ts";
import { toSqlText, utf8Length } from "../sql/text.ts";
import { corruptedError } from "./decisions.ts";

/** Turns values into the JSON text of a row and back. */
export interface EntryCodec {
  /** @throws KeyValueError `too_large` for what does not fit in a row. */
  checkSize(collection: string, key: string, json?: string): void;
  encode(collection: string, key: string, value: JsonValue): string;
  /** Decodes the text of a row (`undefined`: the row is damaged); a value that is missing, or counts as missing, is `undefined`. */
  decode(collection: string, key: string, json: string | undefined): JsonValue | undefined;
}

/**
 * The most bytes of a collection, a key and the JSON of a value together: a row holds 2 MB, and a few bytes of that go to
 * the times and the version. Source: developers.cloudflare.com/durable-objects/platform/limits.
 */
export const ROW_BYTES = 1_999_800;

/** The codec of the store with this name. */
export function entryCodec(store: string, onCorrupt: OnCorrupt): EntryCodec {
  function checkSize(collection: string, key: string, json = ""): void {
    // A UTF-16 unit takes at most six bytes, so most need no counting.
    if ((collection.length + key.length + json.length) * 6 <= ROW_BYTES) return;
    const size = utf8Length(toSqlText(collection)) + utf8Length(toSqlText(key)) + utf8Length(json);
    if (size <= ROW_BYTES) return;
    const details = { store, collection, key, size, limit: ROW_BYTES };
    throw new KeyValueError("too_large", "collection, key and value together are too large for a row", details);
  }

  return {
    checkSize,
    encode(collection, key, value) {
      const json = JSON.stringify(value);
      checkSize(collection, key, json);
      return json;
    },
    decode(collection, key, json) {
      const value = json === undefined ? undefined : storedJson(json);
      if (value === undefined && onCorrupt === "throw") throw corruptedError({ store, collection, key });
      return value;
    },
  };
}
