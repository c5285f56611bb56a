import { type Bytes, joined } from "../core/bytes.ts";
import { KeyValueError } from "../core/errors.ts";

/** The error for JSON that has more than `maxBytes`. */
export function overMaxBytes(limit: number, size?: number): KeyValueError {
  return new KeyValueError("too_large", "the value is longer than maxBytes", { size, limit });
}

/** How many bytes go into a stream at a time. Deno returns all that one piece expands to at once: up to 1,000 times as much. */
const PIECE_BYTES = 16_384;

/**
 * Sends bytes through a compression stream and returns what comes out.
 *
 * @throws KeyValueError `too_large` as soon as more than `limit` bytes have come out.
 */
export async function pump(
  bytes: Bytes,
  stream: CompressionStream | DecompressionStream,
  limit = Number.POSITIVE_INFINITY,
): Promise<Bytes> {
  let at = 0;
  const source = new ReadableStream<Bytes>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
    },
  });
  const chunks: Bytes[] = [];
  let size = 0;
  for await (const chunk of source.pipeThrough(stream)) {
    size += chunk.length;
    if (size > limit) throw overMaxBytes(limit);
    chunks.push(chunk);
  }
  return joined(...chunks);
}
