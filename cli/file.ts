import { constants, createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { type Entry, live } from "../src/core/entry.ts";
import { KeyValueError } from "../src/core/errors.ts";
import { batchesOfLines, lineOf } from "./lines.ts";
import { type Destination, type Origin, UsageError } from "./place.ts";

/** A file's token starts with this; the number of bytes follows. */
const MARK = "ekv1.file.";

/** A file of entries, one a line; `-` means standard input or output. */
export function filePlace(path: string): Origin & Destination {
  let handle: FileHandle | undefined;
  const standard = path === "-";

  async function* chunks(start: number): AsyncGenerator<Buffer, void, undefined> {
    let skip = standard ? start : 0;
    for await (const chunk of standard ? process.stdin : createReadStream(path, { start })) {
      const bytes = chunk as Buffer;
      if (skip < bytes.length) yield bytes.subarray(skip);
      skip = Math.max(0, skip - bytes.length);
    }
  }

  return {
    label: standard ? "-" : path,
    async close() {
      await handle?.close();
    },

    async *batches({ batch, cursor, collections }) {
      const start = offsetOf(cursor);
      try {
        for await (const { end, ...found } of batchesOfLines(chunks(start), start, batch, collections)) {
          yield { ...found, expired: 0, cursor: end === undefined ? undefined : MARK + end };
        }
      } catch (error) {
        throw error instanceof KeyValueError ? error : failure(path, error);
      }
    },
    total: async () => (standard ? undefined : (await stat(path).catch((error) => unusable(path, error))).size),
    done: ({ cursor }) => (cursor === undefined ? Number.POSITIVE_INFINITY : offsetOf(cursor)),

    async put({ cursor, overwrite, dryRun }) {
      if (!standard && !dryRun) handle = await openForWriting(path, cursor !== undefined, overwrite);
      return async ({ collection, items }) => {
        const alive = items.filter(([, entry]) => live(entry));
        const text = alive.map(([key, entry]: readonly [string, Entry]) => lineOf(collection, key, entry)).join("");
        try {
          if (!dryRun) await (standard ? writeOut(text) : handle!.appendFile(text));
        } catch (error) {
          throw failure(path, error);
        }
        return { copied: alive.length, expired: items.length - alive.length };
      };
    },
  };
}

/** A file to append to. It may exist only if a copy resumes or may overwrite. */
async function openForWriting(path: string, resumed: boolean, overwrite: boolean): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_EXCL, O_TRUNC } = constants;
  const how = resumed ? 0 : overwrite ? O_TRUNC : O_EXCL;
  const handle = await open(path, O_RDWR | O_CREAT | how, 0o600).catch((error) => {
    if (error.code === "EEXIST") throw new UsageError(`${path} exists: --overwrite replaces it`);
    return unusable(path, error);
  });
  // Cut off the line that an earlier copy was writing when it was killed.
  if (resumed) await handle.truncate(await endOfLines(handle));
  return open(path, "a").finally(() => handle.close());
}

/** The position at which the last whole line ends. */
async function endOfLines(handle: FileHandle): Promise<number> {
  const bytes = Buffer.alloc(64 * 1024);
  for (let end = (await handle.stat()).size; end > 0; ) {
    const start = Math.max(0, end - bytes.length);
    const { bytesRead } = await handle.read(bytes, 0, end - start, start);
    const at = bytes.subarray(0, bytesRead).lastIndexOf(10);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const digits = cursor.startsWith(MARK) ? cursor.slice(MARK.length) : "";
  if (/^\d{1,15}$/.test(digits)) return Number(digits);
  throw new KeyValueError("invalid_cursor", "this is no token of a copy from a file", { store: "file" });
}

function unusable(path: string, error: Error): never {
  throw new UsageError(`${path}: ${error.message}`);
}

function failure(path: string, cause: unknown): KeyValueError {
  return new KeyValueError("backend", `${path}: ${(cause as Error).message}`, { store: "file", cause });
}
