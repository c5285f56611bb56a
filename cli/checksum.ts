import { createHash } from "node:crypto";
import type { Line } from "./split-lines.ts";

/**
 * The first property of a file's first line, which says that a checksum follows, and of the checksum line at its end. The value is the
 * version of the format.
 */
const MARK = '{"edge-key-value":';
const VERSION = 1;

/** Puts the mark into the first line of a file. */
export const marked = (line: string) => `${MARK}${VERSION},${line.slice(1)}`;

/** A count and a hash of the lines of a file. */
export interface Checksum {
  /** Adds bytes with so many entries in them. */
  add(bytes: string | Buffer, entries: number): void;
  /** Returns the checksum line, and starts again with an empty count. */
  end(): string;
}

export function checksum(): Checksum {
  let hash = createHash("sha256");
  let count = 0;
  return {
    add(bytes, entries) {
      hash.update(bytes);
      count += entries;
    },
    end() {
      const line = `${MARK}${VERSION},"entries":${count},"sha256":"${hash.digest("hex")}"}\n`;
      hash = createHash("sha256");
      count = 0;
      return line;
    },
  };
}

/** Checks the checksum lines of a file, of which there are several in files that were joined. */
export interface Checker {
  /** Takes the next line. Returns `undefined` for an entry; for a checksum line, what is wrong with it, or `""`. */
  next(line: Line): string | undefined;
  /** What is wrong at the end of the file, or `""`. */
  end(): string;
}

export function checker(): Checker {
  let sum = checksum();
  /** Whether a first line was read, and its checksum not yet. */
  let open = false;
  let missing = false;
  return {
    next({ bytes }) {
      const hasMark = isMarked(bytes);
      if (hasMark && isChecksum(bytes)) {
        // A checksum without a first line is that of an empty file.
        if (!open) sum = checksum();
        open = false;
        return bytes.toString().trimEnd() === sum.end().trimEnd()
          ? ""
          : "is a checksum that does not fit the lines before it: they were changed or damaged";
      }
      if (hasMark) {
        missing ||= open;
        open = true;
        sum = checksum();
      }
      sum.add(bytes, isBlank(bytes) ? 0 : 1);
      return undefined;
    },
    end: () => (missing || open ? "the checksum line at the end is missing: this is not the whole file" : ""),
  };
}

/** Whether a line is the first one of a file, or a checksum line. */
export const isMarked = (bytes: Buffer) => bytes.subarray(0, MARK.length).toString() === MARK;

export const isBlank = (bytes: Buffer) => bytes.length < 3 && bytes.toString().trim() === "";

/** Whether a line is a checksum line, of this version of the format or another. */
export function isChecksum(bytes: Buffer): boolean {
  try {
    const line = JSON.parse(bytes.toString());
    return "edge-key-value" in line && "sha256" in line && !("collection" in line);
  } catch {
    return false;
  }
}
