import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Where a copy goes on, and where it keeps its token on the way. */
export interface Resume {
  readonly cursor: string | undefined;
  /** Keeps a token, in one step, so that being killed leaves the old one or the new one. */
  keep(cursor: string): void;
  /** Forgets the token of a copy that has come to its end. */
  end(): void;
}

/** `given` is a token, or a file that has one or will have one; nothing keeps nothing. */
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
