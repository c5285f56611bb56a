import { utf8 } from "../../core/bytes.ts";

/** Room for a collection and a key in a name of 250 bytes, which Memcached, MySQL's `VARCHAR(255)` and file systems take. */
const PART_LENGTH = 100;

/**
 * Returns the name of an entry in somebody else's storage: `collection:key`, of the characters `a` to `z`, `0` to `9`,
 * `-` and `_` alone.
 *
 * So it survives storage that changes case, takes `/` for a folder, `%` for an escape or `$` for metadata of its own. Any other
 * UTF-16 unit becomes `_3a` or `__d83d`. A part that is too long becomes its SHA-256 hash.
 */
export async function nameOf(collection: string, key: string): Promise<string> {
  return `${await partOf(collection)}:${await partOf(key)}`;
}

/** Returns what the names of a collection start with. */
export async function collectionPrefix(collection: string): Promise<string> {
  return `${await partOf(collection)}:`;
}

/** Returns the address that a name stands for; `undefined` for a hash, and for a name that {@link nameOf} never returns. */
export function addressOf(name: string): readonly [collection: string, key: string] | undefined {
  const [collection, key, ...rest] = name.split(":").map(decode);
  return collection !== undefined && key !== undefined && rest.length === 0 ? [collection, key] : undefined;
}

/** Whether a part of a name is a hash, so that only the entry itself says what it stands for. */
export const isHashed = (name: string): boolean => /(?:^|:)_h[0-9a-f]{64}(?:$|:)/.test(name);

function partOf(text: string): string | Promise<string> {
  const part = encode(text);
  return part.length <= PART_LENGTH ? part : hashOf(part);
}

async function hashOf(part: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(part)));
  // No escape starts with `h`.
  return `_h${Array.from(hash, (byte) => hex(byte, 2)).join("")}`;
}

function encode(text: string): string {
  if (text === "") return "_";
  return text.replace(/[^a-z0-9-]/g, (unit) => {
    const code = unit.charCodeAt(0);
    return code < 256 ? `_${hex(code, 2)}` : `__${hex(code, 4)}`;
  });
}

function decode(part: string): string | undefined {
  if (part === "_") return "";
  const text = part.replace(/__([0-9a-f]{4})|_([0-9a-f]{2})/g, (_, long?: string, short?: string) =>
    String.fromCharCode(Number.parseInt(long ?? short ?? "", 16)),
  );
  return encode(text) === part ? text : undefined;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
