import { KeyValueError } from "./errors.ts";
import type { JsonValue } from "./json.ts";

/** Bytes that WebCrypto and streams take. */
export type Bytes = Uint8Array<ArrayBuffer>;

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

/** A value as compact JSON. */
export const toBytes = (value: JsonValue): Bytes => utf8(JSON.stringify(value));

/** The inverse of {@link toBytes}; `corrupted` for bytes that are no JSON value, and for `null`, which is no entry's. */
export function fromBytes(bytes: Bytes): JsonValue {
  try {
    const value: JsonValue = JSON.parse(decoder.decode(bytes));
    if (value !== null) return value;
  } catch {}
  throw new KeyValueError("corrupted", "the stored value holds no JSON");
}

/** Puts parts behind each other. */
export function joined(...parts: readonly (Bytes | ArrayBuffer)[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return bytes;
}

export function toBase64(bytes: Bytes): string {
  let text = "";
  // In pieces, since engines limit the number of arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/**
 * The inverse of {@link toBase64}; nothing for any text that it never returns. `atob` alone skips spaces, missing padding
 * and stray bits at the end, so some changed texts would go unnoticed.
 */
export function fromBase64(text: unknown): Bytes | undefined {
  try {
    const binary = atob(text as string);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
    return btoa(binary) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Base64 with `-` and `_`, padded: the alphabet of URLs and file names (RFC 4648, section 5). */
export function toUrlSafeBase64(bytes: Bytes): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_");
}

/** The inverse of {@link toUrlSafeBase64}; `undefined` for any text that it never returns. */
export function fromUrlSafeBase64(text: string): Bytes | undefined {
  return /[+/]/.test(text) ? undefined : fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

/** How many bytes fit into `base64Bytes` bytes of padded base64. */
export function unencodedBytes(base64Bytes: number): number {
  return Math.floor(base64Bytes / 4) * 3;
}
