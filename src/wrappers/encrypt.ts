import { aesGcm, type KeyRing, type Passphrase, passphrase } from "../codecs/aes-gcm.ts";
import { coded, type EncryptedOptions } from "../codecs/codec.ts";
import type { AsyncKeyValue, Wrapped } from "../combinators/index.ts";

export type { EncryptedOptions, KeyRing, Passphrase };
export { passphrase };

/** Options of {@link encrypt}. */
export interface EncryptOptions extends EncryptedOptions {
  /**
   * The first encrypts, all decrypt: to rotate, put a new one first and keep the old ones until all is rewritten. The
   * `id` stands in stored values; never give it to another key. A `key` is an AES-GCM `CryptoKey` of 256 bits that may
   * encrypt and decrypt, 32 random bytes, or a {@link passphrase}.
   */
  readonly keys: KeyRing;
}

/**
 * A store that encrypts values with AES-256-GCM, each bound to its collection and key.
 *
 * Stored is `{"__encrypted_data__", "__encryption_key_id__", "__encryption_version__": 2}`; the data are base64 of 9
 * bytes that tell keys apart, a random IV of 12 bytes, and the ciphertext with its tag. Names, sizes and deadlines stay
 * visible, and whoever can write to the backend can bring back an old value of the same key. Random IVs are safe for
 * 2^32 writes with one key (NIST SP 800-38D).
 *
 * A read throws `tampered` for a value that was changed or moved here from another key, `wrong_key` for one encrypted
 * with another key of the same id, `unknown_key` for an id that is not in the ring, `not_encrypted` for a plain value,
 * and `corrupted` for an envelope of another kind. `misconfigured` is for a key that the runtime does not take.
 *
 * @throws TypeError for a ring that is empty or repeats an id, and for keys that are not as described.
 */
export function encrypt<S extends AsyncKeyValue>(store: S, options: EncryptOptions): Wrapped<S> {
  return coded(store, aesGcm(options.keys), options);
}
