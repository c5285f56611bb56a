import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Entry, live } from "../src/core/entry.ts";
import { KeyValueError } from "../src/core/errors.ts";
import { batchesOfLines, lineOf } from "./lines.ts";
import { openPartFile, type PartFile } from "./part-file.ts";
import type { Destination, Origin } from "./place.ts";
import { print } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** A file's token starts with this; the number of bytes follows. */
const MARK = "ekv1.file.";

/** A file of entries, one a line; `-` means standard input or output. */
export function filePlace(path: string): Origin & Destination {
  let file: PartFile | undefined;
  const standard = path === "-";
  const chunks = (): AsyncIterable<Buffer> => (standard ? process.stdin : createReadStream(path));

  return {
    label: path,
    path: standard ? undefined : path,
    close: async () => file?.close(),

    async *batches(options) {
      try {
        for await (const { end, ...found } of batchesOfLines(chunks(), offsetOf(options.cursor), options)) {
          yield { ...found, expired: 0, cursor: end === undefined ? undefined : MARK + end };
        }
      } catch (error) {
        throw error instanceof KeyValueError ? error : failure(path, error);
      }
    },
    async total() {
      if (standard) return undefined;
      const { size } = await stat(path).catch((error) => {
        throw new UsageError(`${path}: ${error.message}`);
      });
      return size;
    },
    done: ({ cursor }) => (cursor === undefined ? Number.POSITIVE_INFINITY : offsetOf(cursor)),

    async put({ cursor, overwrite, dryRun, checksum }) {
      if (!standard && !dryRun) file = await openPartFile(path, { resumed: cursor !== undefined, overwrite, checksum });
      return {
        async write({ collection, items }) {
          const alive = items.filter(([, entry]) => live(entry));
          const text = alive.map(([key, entry]: readonly [string, Entry]) => lineOf(collection, key, entry)).join("");
          try {
            if (!dryRun) await (file ? file.append(text, alive.length) : print(text));
          } catch (error) {
            throw failure(path, error);
          }
          return { copied: alive.length, expired: items.length - alive.length };
        },
        async finish() {
          try {
            await file?.finish();
          } catch (error) {
            throw failure(path, error);
          }
        },
        discard: async () => file?.discard(),
      };
    },
  };
}

function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const digits = cursor.startsWith(MARK) ? cursor.slice(MARK.length) : "";
  if (/^\d{1,15}$/.test(digits)) return Number(digits);
  throw new KeyValueError("invalid_cursor", "this is not the token of a copy from a file", { store: "file" });
}

function failure(path: string, cause: unknown): KeyValueError {
  return new KeyValueError("backend", `${path}: ${(cause as Error).message}`, { store: "file", cause });
}
