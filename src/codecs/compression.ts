import { type Bytes, joined } from "../core/bytes.ts";
import { KeyValueError } from "../core/errors.ts";

export const tooLarge = (limit: number, size?: number) =>
  new KeyValueError("too_large", "the value is longer than maxBytes", { size, limit });

/** What comes out of a compression stream, up to a limit. */
export async function pump(
  bytes: Bytes,
  stream: CompressionStream | DecompressionStream,
  limit = Number.POSITIVE_INFINITY,
): Promise<Bytes> {
  let at = 0;
  // In small pieces, since Deno hands out what comes of one piece at once, and that can be 1,000 times as much.
  const source = new ReadableStream<Bytes>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += 16_384)));
    },
  });
  const chunks: Bytes[] = [];
  let size = 0;
  for await (const chunk of source.pipeThrough(stream)) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return joined(...chunks);
}
