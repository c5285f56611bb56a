import { decodedLength, fromBase64, fromUrlSafeBase64, toBase64, toUrlSafeBase64 } from "../core/base64.ts";
import { type Bytes, joined, toBytes, utf8 } from "../core/bytes.ts";
import { KeyValueError } from "../core/errors.ts";
import type { Codec, Envelope, Opened } from "./codec.ts";
import { type FernetKeys, fernetLoaders, type LoadedFernetKey } from "./fernet-keys.ts";

/** The layout of a token: github.com/fernet/spec. */
const VERSION = 0x80;
const HEAD_BYTES = 9;
const IV_BYTES = 16;
const BLOCK_BYTES = 16;
const SIGNATURE_BYTES = 32;

/** The codec of `fernet`: Fernet tokens in the envelope of Python's py-key-value-aio, which encodes them as base64 again. */
export function fernetToken(keys: FernetKeys): Codec {
  const loaders = fernetLoaders(keys);
  const envelopeOf = (data: string) => ({ __encrypted_data__: data, __encryption_version__: 1 });

  async function open(envelope: Envelope): Promise<Opened> {
    const { __encrypted_data__: data, __encryption_version__: version } = envelope;
    if (version !== 1) throw new KeyValueError("corrupted", "the stored value is encrypted in another way");
    const text = fromBase64(data);
    const token = (text && fromUrlSafeBase64(new TextDecoder().decode(text))) ?? new Uint8Array();
    for (const load of loaders) {
      const plain = await decryptToken(token, await load());
      if (plain) return { plain };
    }
    throw new KeyValueError("tampered", "the stored value was changed, or encrypted with a key that is not given");
  }

  return {
    name: "fernet",
    mark: "__encrypted_data__",

    async seal(plain) {
      const token = await encryptToken(plain, await loaders[0]());
      return envelopeOf(toBase64(utf8(toUrlSafeBase64(token))));
    },

    opener: () => open,

    capacity(bytes) {
      if (bytes === undefined) return undefined;
      const tokenBytes = decodedLength(decodedLength(bytes - toBytes(envelopeOf("")).length));
      const blocks = Math.floor((tokenBytes - HEAD_BYTES - IV_BYTES - SIGNATURE_BYTES) / BLOCK_BYTES);
      // Padding takes at least one byte of the last block.
      return Math.max(0, blocks * BLOCK_BYTES - 1);
    },
  };
}

async function encryptToken(plain: Bytes, { signing, encrypting }: LoadedFernetKey): Promise<Bytes> {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint8(0, VERSION);
  head.setBigUint64(1, BigInt(Math.floor(Date.now() / 1000)));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const body = joined([head.buffer, iv, await crypto.subtle.encrypt({ name: "AES-CBC", iv }, encrypting, plain)]);
  return joined([body, await crypto.subtle.sign("HMAC", signing, body)]);
}

/** Returns the contents of a token; `undefined` if this key did not sign it. */
async function decryptToken(token: Bytes, { signing, encrypting }: LoadedFernetKey): Promise<Bytes | undefined> {
  if (token[0] !== VERSION) return undefined;
  const body = token.subarray(0, -SIGNATURE_BYTES);
  if (!(await crypto.subtle.verify("HMAC", signing, token.subarray(-SIGNATURE_BYTES), body))) return undefined;
  const iv = body.subarray(HEAD_BYTES, HEAD_BYTES + IV_BYTES);
  const opening = crypto.subtle.decrypt({ name: "AES-CBC", iv }, encrypting, body.subarray(HEAD_BYTES + IV_BYTES));
  // A signed token that holds no ciphertext decrypts to no bytes, which are not JSON.
  return new Uint8Array(await opening.catch(() => new ArrayBuffer()));
}
