import { type Codec, coded, has } from "../codecs/codec.ts";
import { pump, tooLarge } from "../codecs/compression.ts";
import type { AsyncKeyValue, Wrapped } from "../combinators/index.ts";
import { fromBase64, toBase64 } from "../core/bytes.ts";
import { checkOptions, count } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";

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
export function compress<S extends AsyncKeyValue>(store: S, options: CompressOptions = {}): Wrapped<S> {
  const { minBytes = 1024, maxBytes = 26_214_400, format = "gzip" } = checkOptions(options);
  count(minBytes, "minBytes", 0);
  count(maxBytes, "maxBytes");

  const codec: Codec = {
    mark: "__compressed_data__",
    async seal(plain, _, value) {
      if (plain.length > maxBytes) throw tooLarge(maxBytes, plain.length);
      const ambiguous = has(value, "__compressed_data__");
      if (plain.length < minBytes && !ambiguous) return value;
      const envelope = {
        __compressed_data__: toBase64(await pump(plain, new CompressionStream(format as CompressionFormat))),
        __compression_algorithm__: format,
        __compression_version__: 1,
      };
      return ambiguous || JSON.stringify(envelope).length < plain.length ? envelope : value;
    },

    async open({ __compressed_data__: data, __compression_algorithm__: algorithm, __compression_version__: version }) {
      try {
        const bytes = version === 1 && fromBase64(data);
        if (bytes) return await pump(bytes, new DecompressionStream(algorithm as CompressionFormat), maxBytes);
      } catch (cause) {
        if (cause instanceof KeyValueError) throw cause;
        throw new KeyValueError("corrupted", "the stored value cannot be decompressed", { cause });
      }
      throw new KeyValueError("corrupted", "the stored value is not compressed in the way of this wrapper");
    },

    capacity: (bytes = maxBytes) => Math.min(bytes, maxBytes),
  };
  return coded(store, codec, { allowPlaintext: true });
}
