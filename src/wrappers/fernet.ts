import { coded, type EncryptedOptions } from "../codecs/codec.ts";
import { type FernetKeys, fernetKey, fernetToken } from "../codecs/fernet-token.ts";
import type { AsyncKeyValue, Wrapped } from "../combinators/index.ts";

export type { EncryptedOptions, FernetKeys };
export { fernetKey };

/**
 * Options of {@link fernet}: keys as 32 bytes or as their padded URL-safe base64, of which the first encrypts and all
 * decrypt; or what {@link fernetKey} derives the one key from at first use.
 */
export type FernetOptions = EncryptedOptions & FernetKeys;

/**
 * A store that encrypts values as Fernet tokens, in the envelope that Python's py-key-value-aio reads and writes.
 *
 * It is for sharing a backend with Python, which takes only JSON objects. Otherwise use `encrypt`: here nothing binds a
 * value to its key, so one that was moved to another key still decrypts.
 *
 * A read throws `tampered` for a token that none of the keys has signed (it does not say which key made it),
 * `not_encrypted` for a plain value, and `corrupted` for an envelope of another kind.
 *
 * @throws TypeError for keys that are not as described, or none.
 */
export function fernet<S extends AsyncKeyValue>(store: S, options: FernetOptions): Wrapped<S> {
  return coded(store, fernetToken(options), options);
}
