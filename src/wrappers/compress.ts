import { count } from "../checks.ts";
import { type Address, transform, wrap } from "../combinators.ts";
import type { CapabilitiesOf, Store } from "../driver.ts";
import { type ErrorDetails, KeyValueError } from "../errors.ts";
import type { AsyncKeyValue } from "../protocol.ts";
import { type Bytes, fromBase64, fromBytes, has, toBase64, toBytes } from "./internal/bytes.ts";

/** Options of {@link compress}. */
export interface CompressOptions {
  /** Values whose JSON is shorter, in bytes of UTF-8, are stored as they are. Default: 1,024. */
  readonly minBytes?: number | undefined;
  /** A name that `CompressionStream` takes on this runtime; all are read. Python reads `"gzip"` only. Default: that. */
  readonly format?: string | undefined;
  /** The longest JSON to write or to decompress, in bytes of UTF-8. Default: 26,214,400 (25 MiB). */
  readonly maxBytes?: number | undefined;
}

/**
 * A store that compresses long values, into the envelope that Python's py-key-value-aio reads and writes.
 *
 * A value stays plain where the envelope would be longer, and plain values in the store are read. A value that has a
 * property `__compressed_data__` is always wrapped, so that it comes back as itself. Code `corrupted` is for an envelope
 * that this runtime cannot read, `too_large` for a value over `maxBytes` (a read stops as soon as so much has come out),
 * `misconfigured` for a format that the runtime cannot write.
 */
export function compress<S extends AsyncKeyValue>(store: S, options: CompressOptions = {}): Store<CapabilitiesOf<S>> {
  const { minBytes = 1024, maxBytes = 26_214_400, format = "gzip" } = options;
  count(minBytes, "minBytes", 0);
  count(maxBytes, "maxBytes");

  return wrap(store, (driver) => {
    function fail(code: keyof typeof MESSAGES, address: Address, details: ErrorDetails = {}): never {
      throw new KeyValueError(code, MESSAGES[code], { store: driver.name, ...address, ...details });
    }
    return {
      ...transform(driver, {
        async encode(entry, address) {
          const plain = toBytes(entry.value);
          if (plain.length > maxBytes) fail("too_large", address, { size: plain.length, limit: maxBytes });
          const ambiguous = has(entry.value, "__compressed_data__");
          if (plain.length < minBytes && !ambiguous) return entry;
          const pumped = pump(plain, CompressionStream, format);
          const compressed = await pumped.catch((cause) => fail("misconfigured", address, { cause }));
          const value = {
            __compressed_data__: toBase64(compressed as Bytes),
            __compression_algorithm__: format,
            __compression_version__: 1,
          };
          return ambiguous || JSON.stringify(value).length < plain.length ? { ...entry, value } : entry;
        },

        async decode(entry, address) {
          const envelope = entry.value;
          if (!has(envelope, "__compressed_data__")) return entry;
          const bytes = envelope.__compression_version__ === 1 && fromBase64(envelope.__compressed_data__);
          if (!bytes) return fail("corrupted", address);
          const pumped = pump(bytes, DecompressionStream, `${envelope.__compression_algorithm__}`, maxBytes);
          const plain = await pumped.catch((cause) => fail("corrupted", address, { cause }));
          if (!plain) return fail("too_large", address, { limit: maxBytes });
          return { ...entry, value: fromBytes(plain) ?? fail("corrupted", address) };
        },
      }),
      limits: { ...driver.limits, valueBytes: Math.min(driver.limits?.valueBytes ?? maxBytes, maxBytes) },
    };
  });
}

const MESSAGES = {
  corrupted: "the stored value cannot be decompressed",
  misconfigured: "this runtime cannot compress in the format",
  too_large: "the value is longer than maxBytes",
};

/** What comes out of a compression stream; nothing when that is more than `limit` bytes. */
async function pump(
  bytes: Bytes,
  Stream: typeof CompressionStream | typeof DecompressionStream,
  format: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<Bytes | undefined> {
  let at = 0;
  // In small pieces, since Deno hands out what comes of one piece at once, and that can be 1,000 times as much.
  const source = new ReadableStream<Bytes>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + 16_384));
      at += 16_384;
    },
  });
  const chunks: Bytes[] = [];
  let size = 0;
  for await (const chunk of source.pipeThrough(new Stream(format as CompressionFormat))) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
