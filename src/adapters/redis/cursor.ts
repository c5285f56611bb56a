import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { DIGEST, SHORT_DIGEST } from "./listing-scripts.ts";

/** Where a page of a listing starts. */
export interface Position {
  /** The digest of the node's id, in a cluster. */
  readonly node: string;
  /** The cursor of SCAN. */
  readonly scan: string;
  /** The end of a step that was returned in part, and the digest of the last name; both empty for none. */
  readonly end: string;
  readonly digest: string;
  /** Of a listing of collections: short digests of those that the pages before have returned last. */
  readonly given: readonly string[];
}

/** How many collections a cursor remembers. A later page may repeat one that was returned before these. */
const REMEMBERED = 64;

/** The start of a listing on a node. */
export function startOf(node: string, given: readonly string[] = []): Position {
  return { node, scan: "0", end: "", digest: "", given };
}

/** What a cursor remembers after a page that has returned these. */
export function remembered(before: readonly string[], returned: readonly string[]): readonly string[] {
  return [...new Set([...before, ...returned])].slice(-REMEMBERED);
}

/** The cursor of a position: always as long, and without a name. It is for one listing alone. */
export function encodeCursor(
  { node, scan, end, digest, given }: Position,
  listing: string,
  collections: boolean,
): string {
  const part = end === "" ? "0" : "1";
  const rest = collections ? given.join("").padStart(REMEMBERED * SHORT_DIGEST, "0") : "";
  const body = node + part + scan.padStart(20, "0") + end.padStart(20, "0") + digest.padStart(DIGEST, "0") + rest;
  return body + digestOf(listing + body);
}

/** @throws KeyValueError `invalid_cursor` for any text that {@link encodeCursor} did not make for this listing. */
export function decodeCursor(cursor: string, listing: string, details: ErrorDetails): Position {
  const [, body = "", node = "", part, scan = "", end = "", digest = "", given = "", check] = CURSOR.exec(cursor) ?? [];
  if (check === undefined || check !== digestOf(listing + body)) {
    throw new KeyValueError("invalid_cursor", "the cursor is not from this listing, or damaged", details);
  }
  const number = (digits: string) => digits.replace(/^0+(?=.)/, "");
  const returned = given.match(/.{12}/g)?.filter((one) => /[^0]/.test(one)) ?? [];
  const at = { node, scan: number(scan), given: returned };
  return part === "1" ? { ...at, end: number(end), digest } : { ...at, end: "", digest: "" };
}

const CURSOR = /^(([\da-f]{8})([01])(\d{20})(\d{20})([\da-f]{16})((?:[\da-f]{12}){64})?)([\da-f]{8})$/;

/** A digest of eight hexadecimal digits: FNV-1a, which finds damage but not forgery. */
export function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
