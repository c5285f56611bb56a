import { utf8 } from "../../core/bytes.ts";

/*
 * The version of an entry is the id with which it was written, or, if another program wrote it, a digest of its value.
 */

let ids: { readonly start: string; next: number } | undefined;

/** An id that no other write has: that of this process or isolate, and a number. */
export function newId(): string {
  ids ??= { start: crypto.randomUUID(), next: 0 };
  return `${ids.start}-${(ids.next++).toString(36)}`;
}

/** The version of an entry of another program. */
export async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
  return `sha256-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Whether a version is a digest. */
export function isDigest(version: string): boolean {
  return version.startsWith("sha256-");
}
