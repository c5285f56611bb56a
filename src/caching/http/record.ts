import { ageOf, keptHeaders } from "./rules.ts";

/** A response as it is kept. */
export interface ResponseRecord {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The text, `{ base64 }` of bytes that are no UTF-8, or nothing for a response without a body. */
  readonly body?: string | { readonly base64: string };
  /** Its age when it came, in seconds. */
  readonly age: number;
}

/**
 * Reads a response to its end. One with a larger body is not read further: what comes back then is the response that
 * is to be answered with, since the first has been begun.
 */
export async function recordOf(response: Response, maxBytes: number): Promise<ResponseRecord | Response> {
  const { status, statusText, headers, body } = response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    chunks.push(read.value);
    size += read.value.byteLength;
    if (size > maxBytes) return new Response(rest(chunks, reader!), { status, statusText, headers });
  }
  return {
    status,
    statusText,
    // The length is that of the body, which the server knows; of a HEAD there is only the header.
    headers: keptHeaders(headers).filter(([name]) => !body || name !== "content-length"),
    ...(body && { body: textOf(joined(chunks, size)) }),
    age: ageOf(headers),
  };
}

/** The response of a record; nothing when that is damaged. */
export function responseOf(record: ResponseRecord): Response | undefined {
  const { status, statusText, headers } = record;
  try {
    return new Response(bodyOf(record), {
      status,
      statusText,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    });
  } catch {
    return undefined;
  }
}

/** Bytes, for which a response gets no header that it did not have. */
export function bodyOf({ body }: ResponseRecord): Uint8Array<ArrayBuffer> | null {
  if (body === undefined) return null;
  return typeof body === "string" ? new TextEncoder().encode(body) : bytesOf(body);
}

/** Whether a kept value has the parts of a record. */
export function isRecord(value: unknown): value is ResponseRecord {
  const { status, headers, age } = Object(value) as Partial<ResponseRecord>;
  return typeof status === "number" && Array.isArray(headers) && typeof age === "number";
}

/** What has been read and what has not. */
function rest(chunks: readonly Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>): ReadableStream {
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

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function textOf(bytes: Uint8Array): string | { base64: string } {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    let binary = "";
    // In pieces, since engines limit the number of arguments.
    for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return { base64: btoa(binary) };
  }
}

function bytesOf({ base64 }: { readonly base64: string }): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
