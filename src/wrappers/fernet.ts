import { type EncryptedOptions, encrypted } from "../codecs/encrypted.ts";
import { type FernetKeys, fernetKey } from "../codecs/fernet-keys.ts";
import { fernetToken } from "../codecs/fernet-token.ts";
import type { AsyncKeyValue, Wrapped } from "../combinators/index.ts";

export type { EncryptedOptions, FernetKeys };
export { fernetKey };

/**
 * Options of {@link fernet}: `keys`, each as 32 bytes or as their padded URL-safe base64, of which the first encrypts and all
 * decrypt; or `sourceMaterial` and `salt`, from which {@link fernetKey} derives the one key at first use.
 */
export type FernetOptions = EncryptedOptions & FernetKeys;

/**
 * Makes a store that encrypts values as Fernet tokens, in the envelope that Python's py-key-value-aio reads and writes.
 *
 * Use it to share a backend with Python, which takes only JSON objects as values. Otherwise use `encrypt`: nothing binds a
 * Fernet token to its key, so a value that was moved to another key still decrypts. To compress as well, put `compress`
 * outside: `compress(fernet(store, { keys }))`.
 *
 * Reads fail with code `tampered` when none of the keys has signed the token (a token does not say which key made it),
 * `not_encrypted` when the value is plain, and `corrupted` when its envelope is of another kind.
 *
 * @throws TypeError when there is no key, when a key is not as described, and when the store compresses: see above.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { fernet } from "edge-key-value/wrappers/fernet";
 *
 * const key = "NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY="; // Keep it as a secret.
 * const store = fernet(memoryStore(), { keys: [key] });
 * await store.put("user:1", { name: "Alice" });
 * ```
 */
export function fernet<S extends AsyncKeyValue>(store: S, options: FernetOptions): Wrapped<S> {
  return encrypted(store, fernetToken(options), options);
}
