import type { Entry } from "../src/core/entry.ts";
import { KeyValueError } from "../src/core/errors.ts";
import { toJson } from "../src/core/json.ts";
import type { Batch } from "../src/migration/transfer.ts";
import { checker } from "./checksum.ts";
import { type Line, linesOf } from "./split-lines.ts";
import { visible } from "./terminal.ts";

/** An entry as a line of NDJSON. Times are epoch milliseconds; an entry may have none. */
export function lineOf(collection: string, key: string, { value, createdAt, expiresAt }: Entry): string {
  return `${visible(JSON.stringify({ collection, key, value, createdAt, expiresAt }))}\n`;
}

/** A batch, and the byte at which the next batch starts. */
type BatchOfLines = Pick<Batch, "collection" | "items" | "failures"> & { readonly end: number | undefined };

interface Parsed {
  readonly collection: string;
  readonly key: string;
  readonly entry: Entry;
}

interface Options {
  readonly batch: number;
  readonly collections?: readonly string[] | undefined;
  /** Whether to report a checksum that is wrong or missing. */
  readonly checksum: boolean;
}

/** The entries of a file from the byte `start` on, in batches. The lines before it count for the checksum. */
export async function* batchesOfLines(
  chunks: AsyncIterable<Buffer>,
  start: number,
  { batch: size, collections, checksum }: Options,
): AsyncGenerator<BatchOfLines, void, undefined> {
  const check = checker();
  let items = new Map<string, Entry>();
  let failures: KeyValueError[] = [];
  let collection = "";
  let end = 0;
  const batch = (last = false): BatchOfLines => {
    const whole = { collection, items: [...items], failures, end: last ? undefined : end };
    items = new Map();
    failures = [];
    return whole;
  };
  for await (const line of linesOf(chunks)) {
    const problem = check.next(line);
    if (line.end > start) {
      if (line.start < start) throw noLineAt(start);
      const parsed = problem === undefined ? parse(line) : problem && checksum ? bad(line, problem) : undefined;
      if (parsed instanceof KeyValueError) failures.push(parsed);
      else if (parsed && (collections?.includes(parsed.collection) ?? true)) {
        // If a key comes twice, write the first one first.
        const other = parsed.collection !== collection || items.has(parsed.key);
        if (items.size > 0 && (other || items.size >= size)) yield batch();
        collection = parsed.collection;
        items.set(parsed.key, parsed.entry);
      }
    }
    end = line.end;
    if (failures.length >= size) yield batch();
  }
  if (end < start) throw noLineAt(start);
  const missing = check.end();
  if (missing && checksum) failures.push(new KeyValueError("corrupted", missing, { store: "file" }));
  yield batch(true);
}

function noLineAt(start: number): KeyValueError {
  return new KeyValueError("invalid_cursor", `the token is of another file: no line starts at byte ${start}`);
}

function bad({ number, end }: Line, problem: string): KeyValueError {
  return new KeyValueError("corrupted", `line ${number}, which ends at byte ${end}, ${problem}`, { store: "file" });
}

/** The first and last moment of the years 1 to 9999, the years that backends can write. */
const FIRST_TIME = Date.parse("0001-01-01T00:00:00Z");
const LAST_TIME = Date.parse("9999-12-31T23:59:59.999Z");

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Returns the entry of a line, why there is none, or `undefined` for a blank line. */
function parse(line: Line): Parsed | KeyValueError | undefined {
  let text: string;
  try {
    text = decoder.decode(line.bytes);
  } catch {
    return bad(line, "is not UTF-8");
  }
  if (text.trim() === "") return undefined;
  let parsed: Record<string, unknown>;
  try {
    parsed = Object(JSON.parse(text));
  } catch {
    return bad(line, "is not JSON");
  }
  const { collection, key, value, createdAt, expiresAt } = parsed;
  if (typeof collection !== "string" || typeof key !== "string") return bad(line, "has no collection and key");
  if (value === undefined || value === null) return bad(line, "has no value");
  try {
    const times = { createdAt: timeOf(createdAt), expiresAt: timeOf(expiresAt) };
    return { collection, key, entry: { value: toJson(value), ...times } };
  } catch (error) {
    if (error instanceof RangeError) return bad(line, error.message);
    if (error instanceof KeyValueError) return bad(line, `has a value that cannot be stored: ${error.message}`);
    throw error;
  }
}

function timeOf(time: unknown): number | undefined {
  if (time === undefined || time === null) return undefined;
  if (typeof time !== "number") throw new RangeError("has a time that is no number");
  if (time >= FIRST_TIME && time <= LAST_TIME) return Math.floor(time);
  throw new RangeError("has a time outside the years 1 to 9999");
}
