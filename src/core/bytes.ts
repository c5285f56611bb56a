import { KeyValueError } from "./errors.ts";
import { type JsonValue, toJson } from "./json.ts";

/** Bytes that WebCrypto and streams take. */
export type Bytes = Uint8Array<ArrayBuffer>;

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

/** A value as compact JSON. */
export const toBytes = (value: JsonValue): Bytes => utf8(JSON.stringify(value));

/**
 * The inverse of {@link toBytes}. Throws `corrupted` for bytes that are not JSON, and for `null`, which is never an entry's
 * value.
 */
export function fromBytes(bytes: Bytes): JsonValue {
  try {
    return toJson(JSON.parse(decoder.decode(bytes)));
  } catch {}
  throw new KeyValueError("corrupted", "the stored value holds no JSON");
}

/** Whether a chunk of a body is a `Uint8Array`, also one of another realm. Runtimes refuse to read a body with any other. */
export function isChunk(chunk: unknown): chunk is Uint8Array {
  return Object.prototype.toString.call(chunk) === "[object Uint8Array]";
}

/** Returns a copy of a chunk of a body, since its source may use the memory again. */
export function copyChunk(chunk: unknown): Bytes {
  if (!isChunk(chunk)) throw new TypeError("the body has a chunk that is not a Uint8Array");
  // Not by `slice`: that of Node's Buffer shares memory.
  return new Uint8Array(chunk);
}

/** Concatenates parts. */
export function joined(parts: readonly (Bytes | ArrayBuffer)[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return bytes;
}
