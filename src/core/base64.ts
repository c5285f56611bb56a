import { decodeBase64, encodeBase64 } from "./base64-fallback.ts";
import type { Bytes } from "./bytes.ts";

/** The native methods of newer runtimes (ECMAScript 2026): Node from 25 on, Deno, Bun and workerd. */
interface NativeEncoder {
  toBase64?(): string;
}
interface NativeDecoder {
  fromBase64?(text: string, options: { readonly lastChunkHandling: "strict" }): Bytes;
}

/** Returns bytes as padded base64. */
export function toBase64(bytes: Bytes): string {
  return (bytes as NativeEncoder).toBase64?.() ?? encodeBase64(bytes);
}

/** The inverse of {@link toBase64}; `undefined` for anything that it never returns, so no two texts mean the same bytes. */
export function fromBase64(text: unknown): Bytes | undefined {
  if (typeof text !== "string") return undefined;
  const native = Uint8Array as NativeDecoder;
  if (!native.fromBase64) return decodeBase64(text);
  try {
    const bytes = native.fromBase64(text, { lastChunkHandling: "strict" });
    // Native decoders skip spaces.
    return text.length === encodedLength(bytes.length) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Returns bytes as padded base64 with `-` and `_`, the alphabet of URLs and file names (RFC 4648, section 5). */
export function toUrlSafeBase64(bytes: Bytes): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_");
}

/** The inverse of {@link toUrlSafeBase64}; `undefined` for any text that it never returns. */
export function fromUrlSafeBase64(text: string): Bytes | undefined {
  return /[+/]/.test(text) ? undefined : fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

/** Returns how many bytes fit into `base64Length` characters of padded base64. */
export function decodedLength(base64Length: number): number {
  return Math.floor(base64Length / 4) * 3;
}

function encodedLength(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
