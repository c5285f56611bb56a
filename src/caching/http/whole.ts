import { type Bytes, copyChunk, joined } from "../../core/bytes.ts";
import { type ResponseRecord, toRecord } from "./records.ts";

/**
 * Reads a response to its end. A larger body is not read further: then it returns the response that is to be sent, since
 * the first one has been begun.
 */
export async function wholeRecord(response: Response, maxBytes: number): Promise<ResponseRecord | Response> {
  const { status, statusText, headers, body } = response;
  const chunks: Bytes[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    const chunk = copyChunk(read.value);
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxBytes) return new Response(rest(chunks, reader!), { status, statusText, headers });
  }
  return toRecord(response, body && joined(chunks));
}

/** What has been read and what has not. */
function rest(chunks: readonly Bytes[], reader: ReadableStreamDefaultReader<Bytes>): ReadableStream {
  const left = [...chunks];
  return new ReadableStream({
    async pull(controller) {
      const chunk = left.shift() ?? (await reader.read()).value;
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
