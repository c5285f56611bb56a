import { aesGcm } from "../codecs/aes-gcm.ts";
import { type EncryptedOptions, encrypted } from "../codecs/encrypted.ts";
import { type KeyRing, type Passphrase, passphrase } from "../codecs/key-ring.ts";
import type { AsyncKeyValue, Wrapped } from "../combinators/index.ts";
import { checkOptions, string } from "../core/checks.ts";

export type { EncryptedOptions, KeyRing, Passphrase };
export { passphrase };

/** Options of {@link encrypt}. */
export interface EncryptOptions extends EncryptedOptions {
  /**
   * The first key encrypts, all of them decrypt. To rotate, put a new key first and keep the old ones until every value is
   * rewritten. The `id` is part of stored values: never give it to another key. A `key` is an AES-GCM `CryptoKey` of 256 bits
   * that may encrypt and decrypt, 32 random bytes, or a {@link passphrase}.
   */
  readonly keys: KeyRing;
  /**
   * Text that every value is bound to, such as the backend's `keyPrefix` or the name of the environment: a value that was
   * copied from a store with another context fails with code `tampered`. Default: `""`.
   */
  readonly context?: string | undefined;
}

/**
 * Makes a store that encrypts values with AES-256-GCM and binds each to its collection, its key, its deadline and `context`.
 *
 * To compress as well, put `compress` outside: `compress(encrypt(store, { keys }))`. Put prefixes and `clampTtl` outside,
 * too: `encrypt` binds the names and deadlines that it sees.
 *
 * The store keeps `{"__encrypted_data__", "__encryption_key_id__", "__encryption_version__": 2}`. The data is base64 of 9
 * bytes that tell keys apart, a random IV of 12 bytes, and the ciphertext of deadline and JSON with its tag. `touch` reads
 * the value and encrypts it again with its new deadline.
 *
 * Names, sizes and deadlines stay visible. Whoever can write to the backend can remove entries, let them end up to five
 * minutes late, and bring back an older value of the same key before its deadline. Random IVs are safe for 2^32 writes with
 * one key (NIST SP 800-38D, section 8.3).
 *
 * Reads fail with code `tampered` when a value was changed or moved here from another place, `wrong_key` when another key of
 * the same id encrypted it, `unknown_key` when its id is not in the ring, `not_encrypted` when it is plain, and `corrupted`
 * when its envelope is of another kind. All calls fail with `misconfigured` when the runtime refuses a key.
 *
 * @throws TypeError when the ring is empty or repeats an id, when a key is not as described, and when the store compresses:
 * see above.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { encrypt } from "edge-key-value/wrappers/encrypt";
 *
 * const key = crypto.getRandomValues(new Uint8Array(32)); // Keep it as a secret.
 * const store = encrypt(memoryStore(), { keys: [{ id: "2026", key }] });
 * await store.put("card", { last4: "4242" });
 * ```
 */
export function encrypt<S extends AsyncKeyValue>(store: S, options: EncryptOptions): Wrapped<S> {
  const { keys, context = "" } = checkOptions(options);
  return encrypted(store, aesGcm(keys, string(context, "context")), options);
}
