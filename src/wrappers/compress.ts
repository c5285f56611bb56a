import { coded } from "../codecs/codec.ts";
import { compression } from "../codecs/compression.ts";
import type { AsyncKeyValue, Wrapped } from "../combinators/index.ts";
import { checkOptions, count } from "../core/checks.ts";

/** Options of {@link compress}. */
export interface CompressOptions {
  /** Store a value as it is when its JSON has fewer bytes of UTF-8. Default: 1,024. */
  readonly minBytes?: number | undefined;
  /**
   * The format to write: a name that `CompressionStream` takes on this runtime. Reads take every format that the runtime
   * knows. Python reads `"gzip"` only. Default: `"gzip"`.
   */
  readonly format?: string | undefined;
  /** The longest JSON to write or to decompress, in bytes of UTF-8. Default: 26,214,400 (25 MiB). */
  readonly maxBytes?: number | undefined;
}

/**
 * Makes a store that compresses long values, in the envelope that Python's py-key-value-aio reads and writes.
 *
 * To compress and encrypt, put `compress` outside: `compress(encrypt(store, { keys }))`. The outer wrapper changes a value
 * first, and ciphertext does not get shorter.
 *
 * A value stays plain where the envelope would be longer, and plain values in the store are read. A value that has a
 * property `__compressed_data__` is always put into an envelope, and reads return it unchanged.
 *
 * Reads fail with code `corrupted` for an envelope that this runtime cannot read, and with `too_large` as soon as a value
 * has expanded to more than `maxBytes`. Writes fail with `too_large`, and with `misconfigured` for a format that the runtime
 * cannot write.
 *
 * @throws TypeError when the store compresses already.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { compress } from "edge-key-value/wrappers/compress";
 *
 * const store = compress(memoryStore(), { minBytes: 500 });
 * await store.put("page", "a long text ".repeat(500));
 * ```
 */
export function compress<S extends AsyncKeyValue>(store: S, options: CompressOptions = {}): Wrapped<S> {
  const { minBytes = 1024, maxBytes = 26_214_400, format = "gzip" } = checkOptions(options);
  count(minBytes, "minBytes", 0);
  count(maxBytes, "maxBytes");
  return coded(store, compression({ minBytes, maxBytes, format }), { readPlain: true });
}
