import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "./usage-error.ts";

/** Refuses a command line on which two names lead to one file: writing one would destroy the other. */
export function distinctFiles(files: readonly (readonly [what: string, path: string | undefined])[]): void {
  const known = new Map<string, string>();
  for (const [what, path] of files) {
    if (path === undefined) continue;
    const place = realPath(resolve(path));
    const other = known.get(place);
    if (other) throw new UsageError(`${other} and ${what} are the same file`);
    known.set(place, what);
  }
}

/** Follows links. The file itself need not exist. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}
