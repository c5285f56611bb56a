import { toBase64 } from "../core/base64.ts";
import { utf8 } from "../core/bytes.ts";

/** The longest key in bytes: longer ones are hashed, so that they fit into every store beside what is added to them. */
const LONGEST_KEY = 300;

export async function sha256(text: string | BufferSource): Promise<string> {
  const bytes = typeof text === "string" ? utf8(text) : text;
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/** A key that fits into every store: itself, or its digest. */
export async function fitting(key: string): Promise<string> {
  return utf8(key).byteLength > LONGEST_KEY ? `sha256:${await sha256(key)}` : key;
}
