import type { Entry } from "../src/core/entry.ts";
import { KeyValueError } from "../src/core/errors.ts";
import type { JsonValue } from "../src/core/json.ts";
import type { Batch } from "../src/migration/transfer.ts";

/** An entry as a line of NDJSON. Times are epoch milliseconds; an entry may have none. */
export function lineOf(collection: string, key: string, { value, createdAt, expiresAt }: Entry): string {
  return `${JSON.stringify({ collection, key, value, createdAt, expiresAt })}\n`;
}

/** A batch, and the byte at which the next batch starts. */
type BatchOfLines = Pick<Batch, "collection" | "items" | "failures"> & { readonly end: number | undefined };

interface Line {
  readonly text: string;
  readonly number: number;
  readonly end: number;
}

type Parsed = { readonly collection: string; readonly key: string; readonly entry: Entry } | KeyValueError;

/** The entries of a file from the byte `start` on, in batches of at most `size`. */
export async function* batchesOfLines(
  chunks: AsyncIterable<Buffer>,
  start: number,
  size: number,
  collections: readonly string[] | undefined,
): AsyncGenerator<BatchOfLines, void, undefined> {
  let items = new Map<string, Entry>();
  let failures: KeyValueError[] = [];
  let collection = "";
  let end = start;
  const batch = (last = false): BatchOfLines => {
    const whole = { collection, items: [...items], failures, end: last ? undefined : end };
    items = new Map();
    failures = [];
    return whole;
  };
  for await (const line of linesOf(chunks, start)) {
    const parsed = line.text.trim() === "" ? undefined : parse(line);
    if (parsed instanceof KeyValueError) failures.push(parsed);
    else if (parsed && (collections?.includes(parsed.collection) ?? true)) {
      // If a key comes twice, write the first one first.
      const other = parsed.collection !== collection || items.has(parsed.key);
      if (items.size > 0 && (other || items.size >= size)) yield batch();
      collection = parsed.collection;
      items.set(parsed.key, parsed.entry);
    }
    end = line.end;
    if (failures.length >= size) yield batch();
  }
  yield batch(true);
}

async function* linesOf(chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<Line, void, undefined> {
  let parts: Buffer[] = [];
  let end = start;
  let number = 0;
  const line = (bytes: Buffer): Line => {
    const whole = Buffer.concat([...parts, bytes]);
    parts = [];
    end += whole.length;
    return { text: whole.toString(), number: ++number, end };
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield line(chunk.subarray(from, at + 1));
      from = at + 1;
    }
    parts.push(chunk.subarray(from));
  }
  if (parts.some((part) => part.length > 0)) yield line(Buffer.alloc(0));
}

function parse({ text, number, end }: Line): Parsed {
  const bad = (problem: string) =>
    new KeyValueError("corrupted", `line ${number}, which ends at byte ${end}, ${problem}`, { store: "file" });
  let line: Record<string, unknown>;
  try {
    line = Object(JSON.parse(text));
  } catch {
    return bad("is not JSON");
  }
  const { collection, key, value, createdAt, expiresAt } = line;
  if (typeof collection !== "string" || typeof key !== "string") return bad("has no collection and key");
  if (value === undefined || value === null) return bad("has no value");
  for (const time of [createdAt, expiresAt])
    if (time != null && !Number.isFinite(time)) return bad("has a time that is no number");
  const entry: Entry = {
    value: value as JsonValue,
    createdAt: (createdAt ?? undefined) as number | undefined,
    expiresAt: (expiresAt ?? undefined) as number | undefined,
  };
  return { collection, key, entry };
}
