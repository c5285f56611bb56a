import { type Bytes, fromBase64, joined, toBase64, toBytes, utf8 } from "../core/bytes.ts";
import { refuse, string } from "../core/checks.ts";
import type { Address } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { once } from "../core/once.ts";
import type { Codec } from "./codec.ts";
import { pbkdf2 } from "./pbkdf2.ts";

/** A key that is derived at first use, made by {@link passphrase}. */
export interface Passphrase {
  readonly derive: () => Promise<ArrayBuffer>;
}

/** Keys by the ids that stand in the envelopes: the first encrypts, all decrypt. */
export type KeyRing = readonly { readonly id: string; readonly key: CryptoKey | Uint8Array | Passphrase }[];

/** Envelopes of AES-256-GCM, as `encrypt` describes them. */
export function aesGcm(keys: KeyRing): Codec {
  if (!Array.isArray(keys)) refuse("keys", "an array");
  const ring = new Map(keys.map(({ id, key }) => [string(id, "id"), loader(key)]));
  const [first] = ring;
  if (!first || ring.size < keys.length) throw new TypeError("keys must hold a key, and each id once");
  const [id, current] = first;
  const envelope = (data: string) =>
    ({ __encrypted_data__: data, __encryption_key_id__: id, __encryption_version__: 2 }) as const;

  return {
    mark: "__encrypted_data__",
    async seal(plain, address) {
      const { key, mark } = await current();
      const iv = crypto.getRandomValues(new Uint8Array(12));
      return envelope(toBase64(joined(mark, iv, await crypto.subtle.encrypt(gcm(iv, address), key, plain))));
    },

    async open({ __encrypted_data__: text, __encryption_key_id__: id, __encryption_version__: version }, address) {
      if (version !== 2) throw new KeyValueError("corrupted", "the stored value is encrypted in another way");
      const load = ring.get(id as string);
      if (!load) throw new KeyValueError("unknown_key", "the stored value is encrypted with a key not in the ring");
      const { key, mark } = await load();
      const data = fromBase64(text) ?? new Uint8Array();
      const marked = mark.every((byte, at) => byte === data[at]);
      const opening = crypto.subtle.decrypt(gcm(data.subarray(9, 21), address), key, data.subarray(21));
      const plain = await opening.catch(() => undefined);
      if (plain && marked) return new Uint8Array(plain);
      // With another key the rest does not decrypt either; where it does, only the mark was changed.
      if (plain || marked || data.length < 37) {
        throw new KeyValueError("tampered", "the stored value was changed, or moved here from another key");
      }
      throw new KeyValueError("wrong_key", "the stored value is encrypted with another key of the same id");
    },

    capacity: (bytes) => bytes && Math.max(0, Math.floor((bytes - toBytes(envelope("")).length) / 4) * 3 - 37),
  };
}

/**
 * A key from a passphrase: PBKDF2-HMAC-SHA256 with 600,000 iterations, as six times 100,000 since Workers refuse more in
 * one call. That takes some tenths of a second of CPU time once an isolate; where that is too much, use random bytes.
 *
 * @param salt At least 16 bytes, random and kept with the configuration; text stands for its UTF-8.
 * @throws TypeError for an empty text or a shorter salt.
 */
export function passphrase(text: string, salt: string | Uint8Array): Passphrase {
  if (typeof salt !== "string" && !(salt instanceof Uint8Array)) refuse("salt", "a string or a Uint8Array");
  const bytes = typeof salt === "string" ? utf8(salt) : new Uint8Array(salt);
  if (!string(text, "text") || bytes.length < 16) throw new TypeError("text is empty or salt has under 16 bytes");
  const derive = once(async () => {
    let bits = await pbkdf2(utf8(text), bytes, 100_000);
    for (let round = 1; round < 6; round++) bits = await pbkdf2(bits, bytes, 100_000);
    return bits;
  });
  return { derive };
}

/** Checks and copies a key now; what it returns makes the rest, and a mark that is the same for the same key. */
function loader(given: KeyRing[number]["key"]): () => Promise<{ key: CryptoKey; mark: Bytes }> {
  const bytes = given instanceof Uint8Array ? given.slice() : undefined;
  const derive = bytes ? async () => bytes : (Object(given) as Partial<Passphrase>).derive;
  const { algorithm, usages }: { algorithm?: { name: string; length?: number }; usages: string[] } = Object(given);
  const fits = algorithm?.name === "AES-GCM" && algorithm.length === 256;
  if (bytes ? bytes.length !== 32 : !derive && !(fits && usages.includes("encrypt") && usages.includes("decrypt"))) {
    throw new TypeError("a key must be a CryptoKey for AES-GCM with 256 bits, 32 bytes, or a passphrase");
  }
  return once(async () => {
    const name = "AES-GCM";
    const key = derive
      ? await crypto.subtle.importKey("raw", await derive(), name, false, ["encrypt", "decrypt"])
      : (given as CryptoKey);
    // Nothing but this is ever encrypted with this IV.
    const tag = await crypto.subtle.encrypt({ name, iv: utf8("ekv-key-mark") }, key, new Uint8Array());
    return { key, mark: new Uint8Array(tag, 0, 9) };
  });
}

/** JSON keeps the two names apart whatever they hold, and escapes lone surrogates, which UTF-8 would make the same. */
function gcm(iv: Bytes, { collection, key }: Address): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: toBytes(["edge-key-value", 2, collection, key]) };
}
