import { decodedLength, fromBase64, toBase64 } from "../core/base64.ts";
import { type Bytes, joined, toBytes } from "../core/bytes.ts";
import type { Address, Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { Codec, Envelope, Opened } from "./codec.ts";
import { type KeyRing, loadRing } from "./key-ring.ts";

const VERSION = 2;

const MARK_BYTES = 9;
const IV_BYTES = 12;
const HEAD_BYTES = MARK_BYTES + IV_BYTES;
const DEADLINE_BYTES = 8;
const TAG_BYTES = 16;

/** How many milliseconds later than sealed a deadline may be. The clocks of writer, reader and backend may differ. */
const CLOCK_TOLERANCE = 300_000;

/** The codec of `encrypt`: envelopes of AES-256-GCM, as `encrypt` describes them. */
export function aesGcm(keys: KeyRing, context: string): Codec {
  const { currentId, load } = loadRing(keys);

  const envelopeOf = (data: string) => ({
    __encrypted_data__: data,
    __encryption_key_id__: currentId,
    __encryption_version__: VERSION,
  });

  async function open(envelope: Envelope, address: Address): Promise<Opened> {
    const { __encrypted_data__: text, __encryption_key_id__: id, __encryption_version__: version } = envelope;
    if (version !== VERSION) throw new KeyValueError("corrupted", "the stored value is encrypted in another way");
    const loading = load(id);
    if (!loading) throw new KeyValueError("unknown_key", "the stored value is encrypted with a key not in the ring");
    const { key, mark } = await loading;
    const data = fromBase64(text) ?? new Uint8Array();
    const sameMark = mark.every((byte, at) => byte === data[at]);
    const params = gcm(data.subarray(MARK_BYTES, HEAD_BYTES), context, address);
    const sealed = await crypto.subtle.decrypt(params, key, data.subarray(HEAD_BYTES)).catch(() => undefined);
    if (sealed && sameMark) {
      const plain = new Uint8Array(sealed, DEADLINE_BYTES);
      return { plain, expiresAt: readDeadline(sealed) };
    }
    // Another key has another mark and cannot decrypt. If only one of the two fails, somebody changed the data.
    if (sealed || sameMark || data.length < HEAD_BYTES + TAG_BYTES) {
      throw new KeyValueError("tampered", "the stored value was changed, or moved here from another place");
    }
    throw new KeyValueError("wrong_key", "the stored value is encrypted with another key of the same id");
  }

  return {
    name: "encrypt",
    mark: "__encrypted_data__",

    async seal(plain, entry, address) {
      const { key, mark } = await load(currentId)!;
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const sealed = await crypto.subtle.encrypt(gcm(iv, context, address), key, joined([deadlineBytes(entry), plain]));
      return envelopeOf(toBase64(joined([mark, iv, sealed])));
    },

    opener: () => open,

    capacity(bytes) {
      if (bytes === undefined) return undefined;
      const base64Length = bytes - toBytes(envelopeOf("")).length;
      return Math.max(0, decodedLength(base64Length) - HEAD_BYTES - DEADLINE_BYTES - TAG_BYTES);
    },
  };
}

/** JSON keeps the texts apart whatever they hold, and escapes lone surrogates, which UTF-8 would merge. */
function gcm(iv: Bytes, context: string, { collection, key }: Address): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: toBytes(["edge-key-value", VERSION, context, collection, key]) };
}

/** The deadline is encrypted together with the value, so nobody else can move it. */
function deadlineBytes({ expiresAt = Number.POSITIVE_INFINITY }: Entry): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(DEADLINE_BYTES));
  bytes.setFloat64(0, expiresAt);
  return bytes.buffer;
}

function readDeadline(sealed: ArrayBuffer): number | undefined {
  const expiresAt = new DataView(sealed).getFloat64(0);
  return expiresAt === Number.POSITIVE_INFINITY ? undefined : expiresAt + CLOCK_TOLERANCE;
}
