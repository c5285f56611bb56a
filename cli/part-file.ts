import { createReadStream } from "node:fs";
import { type FileHandle, link, open, realpath, rename, rm, stat } from "node:fs/promises";
import { type Checksum, checksum, isBlank, isChecksum, isMarked, marked } from "./checksum.ts";
import { linesOf } from "./split-lines.ts";
import { UsageError } from "./usage-error.ts";

/** A file of lines that has its name only when it is whole. */
export interface PartFile {
  append(text: string, entries: number): Promise<void>;
  /** Writes the checksum line, and gives the file its name. */
  finish(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  /** Whether an earlier copy began the file. */
  readonly resumed: boolean;
  readonly overwrite: boolean;
  readonly checksum: boolean;
}

/** Where the lines of a file are until it is whole. */
export const partOf = (path: string) => `${path}.part`;

/** Prepares to write a file. It may exist only if the copy may overwrite it, or if an earlier copy left it unfinished. */
export async function openPartFile(given: string, options: Options): Promise<PartFile> {
  const path = await realpath(given).catch(() => given);
  const part = partOf(path);
  const existing = await stat(path).catch(() => undefined);
  // A pipe or a device, such as /dev/null, cannot be renamed.
  if (existing && !existing.isFile() && options.overwrite) return writeOnly(await open(path, "a"));
  if (options.resumed && existing && !(await exists(part))) await takeUp(path, part);
  else if (existing && !options.overwrite) throw new UsageError(`${path} exists: --overwrite replaces it`);
  const handle = await (options.resumed ? open(part, "r+") : begin(part)).catch((error) => {
    if (error.code !== "ENOENT" || !options.resumed) throw new UsageError(`${path}: ${error.message}`);
    throw new UsageError(`there is no ${part} to go on with: start again without --resume`);
  });
  let sum = options.checksum ? checksum() : undefined;
  let size = 0;
  try {
    if (options.resumed) {
      const kept = await keepWholeLines(handle, part);
      size = kept.size;
      if (options.checksum) sum = kept.sum;
    }
  } catch (error) {
    await handle.close();
    throw error;
  }

  /** Whether nobody else has replaced the part or written to it. */
  async function isOwn(): Promise<boolean> {
    const [mine, there] = await Promise.all([
      handle.stat({ bigint: true }),
      stat(part, { bigint: true }).catch(() => undefined),
    ]);
    return mine.ino === there?.ino && mine.dev === there.dev && mine.size === BigInt(size);
  }

  /** The lines of two copies to the same file must not be mixed. */
  async function checkOwn(): Promise<void> {
    if (!(await isOwn())) throw new Error(`another copy has taken over ${part}`);
  }

  async function write(text: string): Promise<void> {
    await checkOwn();
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, size);
      at += bytesWritten;
      size += bytesWritten;
    }
  }

  return {
    async append(lines, entries) {
      if (lines === "") return;
      const text = sum && size === 0 ? marked(lines) : lines;
      sum?.add(text, entries);
      await write(text);
    },
    async finish() {
      if (sum) await write(sum.end());
      await handle.sync();
      await checkOwn();
      await (options.overwrite ? rename(part, path) : renameNew(part, path));
    },
    async discard() {
      if (await isOwn()) await rm(part, { force: true });
    },
    close: () => handle.close(),
  };
}

/** Makes an empty part. It takes an unfinished one away, as a copy may still write to that. */
async function begin(part: string): Promise<FileHandle> {
  await rm(part, { force: true });
  return await open(part, "wx", 0o600);
}

/** Gives the file that an earlier version of this command left unfinished the name of a part. */
async function takeUp(path: string, part: string): Promise<void> {
  for await (const { bytes } of linesOf(createReadStream(path))) {
    if (isMarked(bytes) && isChecksum(bytes))
      throw new UsageError(`${path} is whole already: start again without --resume`);
  }
  await rename(path, part);
}

/**
 * Cuts off the line that an earlier copy was writing when it was killed. Returns the size of the rest and its checksum, which is
 * `undefined` if the copy has begun the file without one.
 */
async function keepWholeLines(handle: FileHandle, part: string): Promise<{ size: number; sum: Checksum | undefined }> {
  let size = 0;
  let sum: Checksum | undefined = checksum();
  for await (const { bytes, start, end } of linesOf(createReadStream(part))) {
    // A checksum line is here if a copy was killed before it could rename the file.
    if (bytes.at(-1) !== 10 || (isMarked(bytes) && isChecksum(bytes))) break;
    if (start === 0 && !isMarked(bytes)) sum = undefined;
    sum?.add(bytes, isBlank(bytes) ? 0 : 1);
    size = end;
  }
  await handle.truncate(size);
  return { size, sum };
}

/** Renames a file unless another one has the name. */
async function renameNew(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" || (await exists(path))) {
      throw new Error(`${path} was created meanwhile: the copy is in ${part}`);
    }
    // Not every file system has links.
    return await rename(part, path);
  }
  await rm(part);
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

function writeOnly(handle: FileHandle): PartFile {
  return {
    append: (text) => handle.appendFile(text),
    finish: async () => {},
    discard: async () => {},
    close: () => handle.close(),
  };
}
