import { type Bytes, fromBase64, joined, toBase64, utf8 } from "../core/bytes.ts";
import { refuse, string } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { once } from "../core/once.ts";
import type { Codec } from "./codec.ts";
import { pbkdf2 } from "./pbkdf2.ts";

/** Keys of which the first encrypts and all decrypt, or what {@link fernetKey} derives the one key from. */
export type FernetKeys =
  | { readonly keys: readonly (string | Uint8Array)[] }
  | { readonly sourceMaterial: string; readonly salt: string };

/** Envelopes of Fernet tokens (github.com/fernet/spec), as `fernet` describes them. */
export function fernetToken(given: FernetKeys): Codec {
  const ring = loaders(given);
  const [current] = ring;
  if (!current) throw new TypeError("keys must hold a key");

  return {
    mark: "__encrypted_data__",
    async seal(plain) {
      const [signing, encrypting] = await current();
      const head = new DataView(new ArrayBuffer(9));
      head.setUint8(0, 0x80);
      head.setBigUint64(1, BigInt(Math.floor(Date.now() / 1000)));
      const iv = crypto.getRandomValues(new Uint8Array(16));
      const body = joined(head.buffer, iv, await crypto.subtle.encrypt({ name: "AES-CBC", iv }, encrypting, plain));
      const token = joined(body, await crypto.subtle.sign("HMAC", signing, body));
      return { __encrypted_data__: toBase64(utf8(toUrlSafe(token))), __encryption_version__: 1 };
    },

    async open({ __encrypted_data__: data, __encryption_version__: version }) {
      if (version !== 1) throw new KeyValueError("corrupted", "the stored value is encrypted in another way");
      const text = fromBase64(data);
      const token = (text && fromUrlSafe(new TextDecoder().decode(text))) ?? new Uint8Array();
      const body = token.subarray(0, -32);
      for (const load of token[0] === 0x80 ? ring : []) {
        const [signing, encrypting] = await load();
        if (!(await crypto.subtle.verify("HMAC", signing, token.subarray(-32), body))) continue;
        const params = { name: "AES-CBC", iv: body.subarray(9, 25) };
        const opening = crypto.subtle.decrypt(params, encrypting, body.subarray(25));
        // What was signed and yet is no ciphertext decrypts to nothing, which is no JSON.
        return new Uint8Array(await opening.catch(() => new ArrayBuffer()));
      }
      throw new KeyValueError("tampered", "the stored value was changed, or encrypted with a key that is not given");
    },

    // 53 bytes of JSON around base64 of base64 of 57 bytes and whole blocks, the last of which is never full.
    capacity: (bytes) => bytes && Math.max(0, 16 * Math.floor((unencoded(unencoded(bytes - 53)) - 57) / 16) - 1),
  };
}

/**
 * The key that Python's library derives from a secret: PBKDF2-HMAC-SHA256 with 1,200,000 iterations, as base64.
 *
 * Cloudflare takes at most 100,000 iterations in production (local `workerd` takes more): there, derive the key elsewhere
 * and give it to the Worker as a secret.
 *
 * @throws TypeError for a text that is empty.
 * @throws KeyValueError `misconfigured` where the runtime refuses.
 */
export async function fernetKey(sourceMaterial: string, salt: string): Promise<string> {
  const secret = utf8(text(sourceMaterial, "sourceMaterial"));
  const derived = await pbkdf2(secret, utf8(text(salt, "salt")), 1_200_000).catch((cause) => {
    const message =
      "this runtime refuses so many PBKDF2 iterations: derive the key elsewhere by fernetKey, pass it in keys";
    throw new KeyValueError("misconfigured", message, { cause });
  });
  return toUrlSafe(new Uint8Array(derived));
}

/** Checks and copies the keys now; what it returns does the rest. */
function loaders(given: FernetKeys): (() => Promise<[signing: CryptoKey, encrypting: CryptoKey]>)[] {
  const bytesOf = (key: unknown): Bytes => {
    const bytes = typeof key === "string" ? fromUrlSafe(key) : key instanceof Uint8Array ? key.slice() : undefined;
    if (bytes?.length === 32) return bytes as Bytes;
    throw new TypeError("a Fernet key must be 32 bytes, or their padded URL-safe base64");
  };
  const load = (make: () => Bytes | Promise<Bytes>) =>
    once(async () => {
      const bytes = await make();
      const hmac = { name: "HMAC", hash: "SHA-256" };
      return Promise.all([
        crypto.subtle.importKey("raw", bytes.slice(0, 16), hmac, false, ["sign", "verify"]),
        crypto.subtle.importKey("raw", bytes.slice(16), "AES-CBC", false, ["encrypt", "decrypt"]),
      ]);
    });
  const { keys, sourceMaterial, salt } = given as { keys?: unknown; sourceMaterial?: unknown; salt?: unknown };
  if (keys !== undefined) {
    if (!Array.isArray(keys)) refuse("keys", "an array");
    if (sourceMaterial !== undefined) throw new TypeError("keys and sourceMaterial exclude each other");
    return keys.map(bytesOf).map((bytes) => load(() => bytes));
  }
  const texts = [text(sourceMaterial, "sourceMaterial"), text(salt, "salt")] as const;
  return [load(async () => bytesOf(await fernetKey(...texts)))];
}

const text = (value: unknown, name: string) => string(value, name) || refuse(name, "a string that is not empty");

const toUrlSafe = (bytes: Bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_");

const fromUrlSafe = (text: string) =>
  /[+/]/.test(text) ? undefined : fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));

const unencoded = (base64Bytes: number) => Math.floor(base64Bytes / 4) * 3;
