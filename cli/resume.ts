import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { KeyValueError } from "../src/core/errors.ts";
import { UsageError } from "./usage-error.ts";

/** Where to resume a copy, and where to keep its token meanwhile. */
export interface Resume {
  readonly cursor: string | undefined;
  /** Replaces the token in one step: if the copy is killed, the file has the old one or the new one. */
  keep(cursor: string): void;
  /** Removes the token of a finished copy. */
  end(): void;
}

const TOKEN = /^ekv1\.(?:file\.\d+|[\w-]+)$/;

/** What a token looks like that was copied in part or typed by hand. */
const LIKE_TOKEN = /^\W*(?:ekv|kv1|v1\.)|ekv1\.|file\.\d+$|^[\w-]{40,}$/i;

/** The file that replaces the one with the token. */
export const nextOf = (path: string) => `${path}.new`;

/** The file that keeps the token, unless the token itself was given. */
export function tokenFileOf(given: string | undefined): string | undefined {
  return given === undefined || given.startsWith("ekv1.") ? undefined : given;
}

/** `given` is a token, or a file that has one or will have one. Without it, no token is kept. */
export function resumeFrom(given: string | undefined): Resume {
  if (given === undefined) return { cursor: undefined, keep: () => {}, end: () => {} };
  if (TOKEN.test(given)) return { cursor: given, keep: () => {}, end: () => {} };
  if (given.startsWith("ekv1.")) throw new UsageError("--resume: this is not a token that a copy has printed");
  const kept = tokenIn(given);
  if (kept === undefined && LIKE_TOKEN.test(given)) {
    throw new UsageError("--resume: this is neither a token that a copy has printed nor the name of a file");
  }
  if (kept !== undefined && !TOKEN.test(kept)) throw new UsageError(`--resume: ${given} has no token in it`);
  return {
    cursor: kept,
    keep(cursor) {
      try {
        writeFileSync(nextOf(given), `${cursor}\n`, { mode: 0o600 });
        renameSync(nextOf(given), given);
      } catch (cause) {
        throw new KeyValueError("backend", `the token cannot be kept: ${(cause as Error).message}`, { cause });
      }
    },
    end: () => rmSync(given, { force: true }),
  };
}

/** The text of a file; `undefined` if it does not exist. */
function tokenIn(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new UsageError(`--resume: ${message}`);
  }
}
