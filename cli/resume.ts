import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Where to resume a copy, and where to keep its token meanwhile. */
export interface Resume {
  readonly cursor: string | undefined;
  /** Replaces the token in one step: if the copy is killed, the file has the old one or the new one. */
  keep(cursor: string): void;
  /** Removes the token of a finished copy. */
  end(): void;
}

/** `given` is a token, or a file that has one or will have one. Without it, no token is kept. */
export function resumeFrom(given: string | undefined): Resume {
  if (given === undefined || given.startsWith("ekv1.")) return { cursor: given, keep: () => {}, end: () => {} };
  return {
    cursor: (existsSync(given) && readFileSync(given, "utf8").trim()) || undefined,
    keep(cursor) {
      writeFileSync(`${given}.new`, `${cursor}\n`, { mode: 0o600 });
      renameSync(`${given}.new`, given);
    },
    end: () => rmSync(given, { force: true }),
  };
}
