import { type Bytes, fromBase64, joined, toBase64, toBytes, unencodedBytes } from "../core/bytes.ts";
import type { Address } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { Codec } from "./codec.ts";
import { type KeyRing, loadRing } from "./key-ring.ts";

const VERSION = 2;

const MARK_BYTES = 9;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = MARK_BYTES + IV_BYTES;

/** The codec of `encrypt`: envelopes of AES-256-GCM, as `encrypt` describes them. */
export function aesGcm(keys: KeyRing): Codec {
  const { currentId, load } = loadRing(keys);

  const envelope = (data: string) => ({
    __encrypted_data__: data,
    __encryption_key_id__: currentId,
    __encryption_version__: VERSION,
  });

  return {
    name: "encrypt",
    mark: "__encrypted_data__",

    async seal(plain, address) {
      const { key, mark } = await load(currentId)!;
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      return envelope(toBase64(joined(mark, iv, await crypto.subtle.encrypt(gcm(iv, address), key, plain))));
    },

    async open({ __encrypted_data__: text, __encryption_key_id__: id, __encryption_version__: version }, address) {
      if (version !== VERSION) throw new KeyValueError("corrupted", "the stored value is encrypted in another way");
      const loading = load(id);
      if (!loading) throw new KeyValueError("unknown_key", "the stored value is encrypted with a key not in the ring");
      const { key, mark } = await loading;
      const data = fromBase64(text) ?? new Uint8Array();
      const sameMark = mark.every((byte, at) => byte === data[at]);
      const params = gcm(data.subarray(MARK_BYTES, HEAD_BYTES), address);
      const plain = await crypto.subtle.decrypt(params, key, data.subarray(HEAD_BYTES)).catch(() => undefined);
      if (plain && sameMark) return new Uint8Array(plain);
      // Another key has another mark and cannot decrypt. If only one of the two fails, somebody changed the data.
      if (plain || sameMark || data.length < HEAD_BYTES + TAG_BYTES) {
        throw new KeyValueError("tampered", "the stored value was changed, or moved here from another key");
      }
      throw new KeyValueError("wrong_key", "the stored value is encrypted with another key of the same id");
    },

    capacity(bytes) {
      if (bytes === undefined) return undefined;
      const base64Bytes = bytes - toBytes(envelope("")).length;
      return Math.max(0, unencodedBytes(base64Bytes) - HEAD_BYTES - TAG_BYTES);
    },
  };
}

/** JSON keeps collection and key apart whatever they hold, and escapes lone surrogates, which UTF-8 would merge. */
function gcm(iv: Bytes, { collection, key }: Address): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: toBytes(["edge-key-value", VERSION, collection, key]) };
}
