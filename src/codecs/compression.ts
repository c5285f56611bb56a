import { fromBase64, toBase64 } from "../core/bytes.ts";
import { KeyValueError } from "../core/errors.ts";
import { type Codec, hasProperty } from "./codec.ts";
import { overMaxBytes, pump } from "./streams.ts";

/** How to compress; `compress` has the defaults. */
export interface CompressionOptions {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly format: string;
}

const MARK = "__compressed_data__";

/** The codec of `compress`: the envelope of Python's py-key-value-aio. Values that do not get shorter stay plain. */
export function compression({ minBytes, maxBytes, format }: CompressionOptions): Codec {
  return {
    name: "compress",
    mark: MARK,

    async seal(plain, _, value) {
      if (plain.length > maxBytes) throw overMaxBytes(maxBytes, plain.length);
      // A plain value with this property would be read as an envelope.
      const ambiguous = hasProperty(value, MARK);
      if (plain.length < minBytes && !ambiguous) return value;
      const envelope = {
        [MARK]: toBase64(await pump(plain, new CompressionStream(format as CompressionFormat))),
        __compression_algorithm__: format,
        __compression_version__: 1,
      };
      return ambiguous || JSON.stringify(envelope).length < plain.length ? envelope : value;
    },

    async open({ [MARK]: data, __compression_algorithm__: algorithm, __compression_version__: version }) {
      const bytes = version === 1 ? fromBase64(data) : undefined;
      if (!bytes) throw new KeyValueError("corrupted", "the stored value is not in this wrapper's envelope");
      try {
        return await pump(bytes, new DecompressionStream(algorithm as CompressionFormat), maxBytes);
      } catch (cause) {
        if (cause instanceof KeyValueError) throw cause;
        throw new KeyValueError("corrupted", "the stored value cannot be decompressed", { cause });
      }
    },

    // A value that does not get shorter is stored as it is.
    capacity: (bytes = maxBytes) => Math.min(bytes, maxBytes),
  };
}
