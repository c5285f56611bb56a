/** A line with its line break. */
export interface Line {
  readonly bytes: Buffer;
  /** Counted from 1. */
  readonly number: number;
  /** The positions of its first byte, and of the byte after it. */
  readonly start: number;
  readonly end: number;
}

/** Splits bytes into lines. The last one may lack its line break. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line, void, undefined> {
  let parts: Buffer[] = [];
  let start = 0;
  let number = 0;
  const line = (last: Buffer): Line => {
    const bytes = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts = [];
    const end = start + bytes.length;
    const whole = { bytes, number: ++number, start, end };
    start = end;
    return whole;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield line(chunk.subarray(from, at + 1));
      from = at + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (parts.length > 0) yield line(Buffer.alloc(0));
}
