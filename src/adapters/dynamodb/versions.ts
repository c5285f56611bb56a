import { utf8 } from "../../core/bytes.ts";

/*
 * The version of an entry is the id with which it was written, or, if another program wrote it, a digest of its value.
 */

/** The version of an entry of another program. */
export async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
  return `sha256-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Whether a version is a digest. */
export function isDigest(version: string): boolean {
  return version.startsWith("sha256-");
}
