import { utf8 } from "../../core/bytes.ts";
import { KeyValueError } from "../../core/errors.ts";
import type { DenoKVKey } from "./client.ts";

/** Bytes of a key, with the type and the end of each of its parts: docs.deno.com/api/deno/~/Deno.Kv. */
export const KEY_BYTES = 2048;

/**
 * Returns a collection or a key as a part of a Deno KV key, which cannot hold a lone surrogate. `@deno/kv` also drops a byte
 * order mark at the start.
 */
export function partOf(text: string): string {
  return text.replace(/%(?=25|uD[89A-F]|uFEFF)|\p{Surrogate}|^\uFEFF/gu, escape);
}

/** Returns the longest string that begins the parts of all names that start with a prefix. */
export function prefixPartOf(prefix: string): string {
  return partOf(prefix.replace(/(?:%(?:2|u(?:D|F|FE|FEF)?)?|[\uD800-\uDBFF])$/, ""));
}

/** Returns the name that a part stands for; `undefined` for a part that {@link partOf} never returns. */
export function nameOf(part: string): string | undefined {
  const name = part.replace(/%(?:25|uD[89A-F]..|uFEFF)/g, unescape);
  return partOf(name) === part ? name : undefined;
}

/** Returns the bytes that a key takes in Deno KV. It writes NUL as two bytes. */
export function keyBytes(key: DenoKVKey): number {
  return key.reduce((sum, part) => sum + 2 + utf8(part.replaceAll("\0", "\0\0")).length, 0);
}

/** Returns the key of an entry, and refuses one that is too large. */
export function keyOf(root: DenoKVKey, collection: string, key: string): DenoKVKey {
  const parts = [...root, partOf(collection), partOf(key)];
  const size = keyBytes(parts);
  if (size <= KEY_BYTES) return parts;
  const details = { store: "deno-kv", collection, key, size, limit: KEY_BYTES };
  throw new KeyValueError("too_large", `the key has ${size} bytes in Deno KV, which takes ${KEY_BYTES}`, details);
}
