import { sha256 } from "../caching/digest.ts";
import { fromUrlSafeBase64, toUrlSafeBase64 } from "../core/base64.ts";
import { fromBytes, toBytes } from "../core/bytes.ts";
import { KeyValueError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";

/** Where to go on. */
interface Position {
  /** The collections to copy before the next page of collections. */
  readonly names: readonly string[];
  /** Which of them comes next; it may be half done. */
  readonly place: number;
  /** The cursor in the keys of that collection; `null` for its start. */
  readonly keys: string | null;
  /** The cursor of the next page of collections, `""` for the first page, `null` when there is none. */
  readonly more: string | null;
}

/** Writes and reads positions as text that needs no quotes on a command line. */
export interface Tokens {
  tokenOf(position: Position): string;
  /** @throws KeyValueError `invalid_cursor` */
  positionOf(token: string): Position;
}

/** Starts a token, which tells it from a file name on a command line. */
const TOKEN_START = "ekv1.";

/**
 * Returns the tokens of a copy of some collections, or of all that the source lists.
 *
 * The caller's list of names may be long, so a token has a digest of it: it tells whether the list is the same when the copy
 * goes on. Names that the source listed are in the token, one page of them at most.
 */
export async function tokensFor(collections: readonly string[] | undefined, store: string): Promise<Tokens> {
  const digest = collections && (await sha256(JSON.stringify(collections)));

  function named([given, place, keys]: readonly JsonValue[]): Position | undefined {
    if (given !== digest) return refuse("the cursor is the token of a copy of other collections");
    const names = collections ?? [];
    const isPlace = Number.isInteger(place) && names[place as number] !== undefined;
    return isPlace && isCursor(keys) ? { names, place: place as number, keys, more: null } : undefined;
  }

  function listed([names, keys, more]: readonly JsonValue[]): Position | undefined {
    const areNames = Array.isArray(names) && names.every((name): name is string => typeof name === "string");
    if (!areNames || !isCursor(keys) || !isCursor(more)) return undefined;
    if (digest) return refuse("the cursor is the token of a copy of all collections");
    return { names, place: 0, keys, more };
  }

  function refuse(problem: string): never {
    throw new KeyValueError("invalid_cursor", problem, { store });
  }

  return {
    tokenOf({ names, place, keys, more }) {
      const parts = digest ? [digest, place, keys] : [names.slice(place), keys, more];
      return TOKEN_START + toUrlSafeBase64(toBytes(parts)).replace(/=+$/, "");
    },
    positionOf(token) {
      const parts = token.startsWith(TOKEN_START) ? partsIn(token.slice(TOKEN_START.length)) : undefined;
      const position = parts && (typeof parts[0] === "string" ? named(parts) : listed(parts));
      return position ?? refuse("the cursor is not the token of a copy");
    },
  };
}

function isCursor(part: unknown): part is string | null {
  return part === null || typeof part === "string";
}

/** The three parts of a token, as far as it is one. */
function partsIn(text: string): readonly JsonValue[] | undefined {
  const bytes = fromUrlSafeBase64(text.padEnd(Math.ceil(text.length / 4) * 4, "="));
  if (!bytes) return undefined;
  try {
    const parts = fromBytes(bytes);
    return Array.isArray(parts) && parts.length === 3 ? parts : undefined;
  } catch {
    return undefined;
  }
}
