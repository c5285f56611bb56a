import { fromBase64, toBase64 } from "../../core/base64.ts";
import { type Bytes, joined, utf8 } from "../../core/bytes.ts";
import { KeyValueError } from "../../core/errors.ts";
import type { JsonValue } from "../../core/json.ts";
import { failed } from "./failures.ts";
import { VALUE_BYTES } from "./limits.ts";

/**
 * What a store holds for a KV value: its bytes, as text where they are UTF-8, and its metadata. Text stays readable;
 * base64 adds a third to the size.
 */
export type StoredValue = { readonly metadata?: JsonValue | undefined } & (
  | { readonly text: string; readonly base64?: undefined }
  | { readonly base64: string; readonly text?: undefined }
);

// The mark at the start of a text is part of the value.
const strict = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Returns what reads the bytes of anything that `put` takes; all but a stream is copied at once. */
export function bodyOf(value: unknown): () => Promise<Bytes> {
  if (value instanceof ReadableStream) return () => readAll(value);
  const bytes = bytesOf(value);
  return async () => checkSize(bytes.length) ?? bytes;
}

async function readAll(stream: ReadableStream): Promise<Bytes> {
  const parts: Bytes[] = [];
  let size = 0;
  // An error leaves the loop, and that cancels the stream.
  for await (const chunk of stream) {
    const part = bytesOf(chunk);
    size += part.length;
    checkSize(size);
    parts.push(part);
  }
  return joined(parts);
}

function bytesOf(value: unknown): Bytes {
  if (typeof value !== "object" || value === null) return utf8(`${value as string}`);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (/ArrayBuffer\]$/.test(Object.prototype.toString.call(value))) return new Uint8Array(value as ArrayBuffer).slice();
  throw new TypeError("value must be a string, an ArrayBuffer, a view of one or a ReadableStream");
}

function checkSize(size: number): undefined {
  if (size <= VALUE_BYTES) return;
  const message = `Value length of ${size} exceeds limit of ${VALUE_BYTES}.`;
  failed("PUT", 413, message, "too_large", { size, limit: VALUE_BYTES });
}

/** What a store keeps for bytes. */
export function toStored(bytes: Bytes, metadata: JsonValue | undefined): StoredValue {
  try {
    return { text: strict.decode(bytes), metadata };
  } catch {
    return { base64: toBase64(bytes), metadata };
  }
}

/** Returns the bytes of a stored value; throws `corrupted` if this bridge did not write it. */
function toBytes({ text, base64 }: StoredValue): Bytes {
  const bytes = typeof text === "string" ? utf8(text) : fromBase64(base64);
  if (bytes) return bytes;
  throw new KeyValueError("corrupted", "the stored value was not written through a KV namespace");
}

const toText = (stored: StoredValue): string =>
  typeof stored.text === "string" ? stored.text : lenient.decode(toBytes(stored));

/** Returns a stored value as one of KV's types; throws a `TypeError` for any other type. */
export function valueAs(stored: StoredValue, type: string | undefined): unknown {
  switch (type) {
    case undefined:
    case "text":
      return toText(stored);
    case "json":
      return parse(toText(stored));
    case "arrayBuffer":
      return toBytes(stored).slice().buffer;
    case "stream":
      return new Blob([toBytes(stored)]).stream();
    default:
      throw new TypeError('type must be "text", "json", "arrayBuffer" or "stream"');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the value.
    throw new SyntaxError("the value is not JSON");
  }
}
