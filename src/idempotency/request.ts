import type { Bytes } from "../core/bytes.ts";
import { copyChunk, joined, utf8 } from "../core/bytes.ts";

/** The body of a request, as WebCrypto takes it. TypeScript before 5.7 has no parameter for `Uint8Array`. */
export type RequestBytes = Uint8Array & { readonly buffer: ArrayBuffer };

/** The longest key, in characters; what Stripe accepts. */
const MAX_KEY = 255;

/**
 * The key in an `Idempotency-Key` header; `undefined` when it is malformed.
 *
 * The draft asks for a string in quotes (RFC 9651, 3.3.3). Many clients send it without, so both are read, as one key.
 */
export function keyOf(header: string): string | undefined {
  const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(header);
  const key = quoted ? (quoted[1] as string).replaceAll(/\\(["\\])/g, "$1") : header;
  // A comma joins the values of a header that was sent twice.
  const readable = quoted || /^[^\s",]+$/.test(header);
  return readable && key.length >= 1 && key.length <= MAX_KEY ? key : undefined;
}

/** The body of a request, which stays readable; `undefined` when it has more than `maxBytes`. */
export async function bodyOf(request: Request, maxBytes: number): Promise<Bytes | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return undefined;
  const reader = request.body && (request.clone().body as ReadableStream<Bytes>).getReader();
  const chunks: Bytes[] = [];
  let size = 0;
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    const chunk = copyChunk(read.value);
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxBytes) {
      // The other branch still holds what was read, so nobody waits for this.
      reader?.cancel().catch(() => {});
      return undefined;
    }
  }
  return joined(chunks);
}

/** The method, the path and the body: what every retry repeats. */
export function contentOf({ method, url }: Request, body: Bytes): Bytes {
  const { pathname, search } = new URL(url);
  return joined([utf8(`${JSON.stringify([method, pathname + search])}\n`), body]);
}

/** The headers that say who is calling. */
export function credentialsOf({ headers }: Request): Bytes {
  return utf8(`${JSON.stringify([headers.get("authorization"), headers.get("cookie")])}\n`);
}

/** The SHA-256 of bytes, as 64 hexadecimal digits. */
export async function digest(bytes: Bytes): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
