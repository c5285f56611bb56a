import type { Bytes } from "./bytes.ts";

/*
 * Base64 for runtimes without `Uint8Array.fromBase64`, such as Node 20 to 24. `btoa` and `atob` take ten times as long, since
 * they want a string with a character for each byte.
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = "=".charCodeAt(0);
const ZERO = "A".charCodeAt(0);
const INVALID = 0xff;

let pairs: Uint16Array | undefined;
let sextets: Uint8Array | undefined;

/** The two characters for each value of 12 bits, in the byte order of this machine. */
function pairTable(): Uint16Array {
  if (pairs) return pairs;
  const table = new Uint16Array(4096);
  const characters = new Uint8Array(table.buffer);
  for (let value = 0; value < table.length; value++) {
    characters[2 * value] = ALPHABET.charCodeAt(value >> 6);
    characters[2 * value + 1] = ALPHABET.charCodeAt(value & 63);
  }
  pairs = table;
  return table;
}

/** The 6 bits that each character stands for. */
function sextetTable(): Uint8Array {
  if (sextets) return sextets;
  const table = new Uint8Array(256).fill(INVALID);
  for (let value = 0; value < 64; value++) table[ALPHABET.charCodeAt(value)] = value;
  sextets = table;
  return table;
}

/** Returns bytes as padded base64. */
export function encodeBase64(bytes: Bytes): string {
  const table = pairTable();
  const written = new Uint16Array(Math.ceil(bytes.length / 3) * 2);
  let at = 0;
  for (let i = 0; i < written.length; i += 2) {
    // Beyond the end there is `undefined`, which counts as 0 here.
    const triple = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    at += 3;
    written[i] = table[triple >> 12]!;
    written[i + 1] = table[triple & 4095]!;
  }
  const characters = new Uint8Array(written.buffer);
  characters.fill(PADDING, characters.length - (at - bytes.length));
  return new TextDecoder().decode(characters);
}

/** The inverse of {@link encodeBase64}; `undefined` for any text that it never returns. */
export function decodeBase64(text: string): Bytes | undefined {
  const characters = new TextEncoder().encode(text);
  if (characters.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  characters.fill(ZERO, characters.length - padding);
  const table = sextetTable();
  const bytes = new Uint8Array((characters.length / 4) * 3);
  let seen = 0;
  let at = 0;
  for (let i = 0; i < characters.length; i += 4) {
    const a = table[characters[i]!]!;
    const b = table[characters[i + 1]!]!;
    const c = table[characters[i + 2]!]!;
    const d = table[characters[i + 3]!]!;
    seen |= a | b | c | d;
    bytes[at] = (a << 2) | (b >> 4);
    bytes[at + 1] = (b << 4) | (c >> 2);
    bytes[at + 2] = (c << 6) | d;
    at += 3;
  }
  const length = bytes.length - padding;
  // Bits beyond the end that are not 0 would let several texts mean the same bytes.
  if (seen > 63 || bytes.subarray(length).some((byte) => byte !== 0)) return undefined;
  return bytes.subarray(0, length);
}
