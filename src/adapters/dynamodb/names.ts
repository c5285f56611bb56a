import { utf8 } from "../../core/bytes.ts";
import { KeyValueError } from "../../core/errors.ts";
import type { ItemKey } from "./client.ts";
import { NAME } from "./failure.ts";

/** Bytes of a partition key and a sort key: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html. */
export const COLLECTION_BYTES = 2048;
export const KEY_BYTES = 1024;

/** Comes right before the surrogates, so that what is escaped by it keeps its place in the order. */
const ESCAPE = "\uD7FF";

/** What is escaped: lone surrogates, which DynamoDB does not take, and the escape itself. */
const ESCAPED = /\uD7FF|\p{Surrogate}/gu;

/** Where the letters for surrogates begin. */
const LETTERS = 0x100;

/**
 * Returns a collection or a key as DynamoDB takes it, in the same order: it has no empty keys and no lone surrogates. A NUL is
 * put in front of an empty name, and of one that begins with NUL.
 */
export function encodeName(name: string): string {
  const text = name.replace(ESCAPED, (unit) =>
    unit === ESCAPE ? `${ESCAPE}\0` : ESCAPE + String.fromCharCode(unit.charCodeAt(0) - 0xd800 + LETTERS),
  );
  return text === "" || text.startsWith("\0") ? `\0${text}` : text;
}

/** Returns the longest string that begins the encoded form of all names that begin with a prefix. */
export function encodePrefix(prefix: string): string {
  // The last unit may be half of a pair.
  const whole = prefix.replace(/[\uD800-\uDBFF]$/, "");
  return whole === "" ? "" : encodeName(whole);
}

/** Returns the name that is encoded; `undefined` for what {@link encodeName} never returns. */
export function decodeName(text: string): string | undefined {
  const name = text
    .replace(/^\0/, "")
    .replace(/\uD7FF([\0-\uFFFF])/g, (_, letter: string) =>
      letter === "\0" ? ESCAPE : String.fromCharCode(letter.charCodeAt(0) - LETTERS + 0xd800),
    );
  return encodeName(name) === text ? name : undefined;
}

/** Returns the key of an item, and refuses one that is too large. */
export function keyOf(collection: string, key: string): ItemKey {
  const at = { collection: { S: encodeName(collection) }, key: { S: encodeName(key) } };
  for (const [what, limit] of [["key", KEY_BYTES] as const, ["collection", COLLECTION_BYTES] as const]) {
    const { S: text } = at[what];
    const size = text.length * 3 <= limit ? 0 : utf8(text).length;
    if (size <= limit) continue;
    const details = { store: NAME, collection, key, size, limit };
    throw new KeyValueError("too_large", `the ${what} has ${size} bytes; DynamoDB takes ${limit}`, details);
  }
  return at;
}
