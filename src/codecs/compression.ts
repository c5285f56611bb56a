import { fromBase64, toBase64 } from "../core/base64.ts";
import type { Bytes } from "../core/bytes.ts";
import { KeyValueError } from "../core/errors.ts";
import { type Codec, type Envelope, hasProperty, type Open, type Opened } from "./codec.ts";
import { pump } from "./streams.ts";

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

    async seal(plain, { value }) {
      if (plain.length > maxBytes) {
        const details = { size: plain.length, limit: maxBytes };
        throw new KeyValueError("too_large", "the value is longer than maxBytes", details);
      }
      // A plain value with this property would be read as an envelope.
      const ambiguous = hasProperty(value, MARK);
      if (plain.length < minBytes && !ambiguous) return value;
      const data = await pump(plain, new CompressionStream(format as CompressionFormat), Number.POSITIVE_INFINITY);
      const envelope = {
        [MARK]: toBase64(data as Bytes),
        __compression_algorithm__: format,
        __compression_version__: 1,
      };
      return ambiguous || JSON.stringify(envelope).length < plain.length ? envelope : value;
    },

    opener: () => expander(maxBytes),

    // A value that does not get shorter is stored as it is.
    capacity: (bytes = maxBytes) => Math.min(bytes, maxBytes),
  };
}

/**
 * Opens the envelopes of one call, one after the other, until they have expanded to `maxBytes` together. A few kilobytes can
 * expand to a thousand times as much, so a limit for each value alone would let a bulk read fill the memory.
 */
function expander(maxBytes: number): Open {
  let left = maxBytes;
  let before: Promise<unknown> = Promise.resolve();

  async function open(envelope: Envelope): Promise<Opened> {
    const plain = await decompress(envelope, left);
    if (!plain) {
      const message =
        left === maxBytes
          ? "the value expands to more than maxBytes"
          : "the values of one call expand to more than maxBytes together: read fewer keys at a time";
      throw new KeyValueError("too_large", message, { limit: maxBytes });
    }
    left -= plain.length;
    return { plain };
  }

  return (envelope) => {
    const opened = before.then(() => open(envelope));
    // After a failure the whole call fails, so the rest is not opened.
    before = opened;
    return opened;
  };
}

/** Decompresses bytes; returns `undefined` as soon as the result is longer than `limit`. */
async function decompress(envelope: Envelope, limit: number): Promise<Bytes | undefined> {
  const { [MARK]: data, __compression_algorithm__: algorithm, __compression_version__: version } = envelope;
  const bytes = version === 1 ? fromBase64(data) : undefined;
  if (!bytes) throw new KeyValueError("corrupted", "the stored value is not in this wrapper's envelope");
  try {
    return await pump(bytes, new DecompressionStream(algorithm as CompressionFormat), limit);
  } catch (cause) {
    throw new KeyValueError("corrupted", "the stored value cannot be decompressed", { cause });
  }
}
