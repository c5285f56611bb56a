import { type Bytes, joined } from "../core/bytes.ts";

/** How many bytes go into a stream at a time. Deno returns all that one piece expands to at once: up to 1,000 times as much. */
const PIECE_BYTES = 16_384;

/** Sends bytes through a compression stream. Returns what comes out, or `undefined` as soon as that is more than `limit`. */
export async function pump(
  bytes: Bytes,
  stream: CompressionStream | DecompressionStream,
  limit: number,
): Promise<Bytes | undefined> {
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
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return joined(chunks);
}
