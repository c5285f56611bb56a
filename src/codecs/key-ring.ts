import { type Bytes, utf8 } from "../core/bytes.ts";
import { refuse, string } from "../core/checks.ts";
import { once } from "../core/once.ts";
import { pbkdf2 } from "./pbkdf2.ts";

/** A key that is derived at first use; {@link passphrase} makes one. */
export interface Passphrase {
  readonly derive: () => Promise<ArrayBuffer>;
}

/** Keys with the ids that stored values name: the first encrypts, all decrypt. */
export type KeyRing = readonly { readonly id: string; readonly key: CryptoKey | Uint8Array | Passphrase }[];

/** A key of a ring, ready to use. */
interface LoadedKey {
  readonly key: CryptoKey;
  /** Nine bytes that are the same for the same key and tell nothing about it. */
  readonly mark: Bytes;
}

/** A checked ring; each key is imported or derived at first use. */
export interface LoadedRing {
  readonly currentId: string;
  /** Returns a key by its id; `undefined` for an id that is not in the ring. */
  load(id: unknown): Promise<LoadedKey> | undefined;
}

/**
 * Checks a ring and copies its keys, so that later changes to the caller's bytes have no effect.
 *
 * @throws TypeError for a ring that is empty or repeats an id, and for keys that `encrypt` does not take.
 */
export function loadRing(keys: KeyRing): LoadedRing {
  if (!Array.isArray(keys)) refuse("keys", "an array", keys);
  for (const one of keys as readonly unknown[]) if (Object(one) !== one) refuse("each of keys", "an object", one);
  const loaders = new Map(keys.map(({ id, key }) => [string(id, "id"), loaderOf(key)]));
  const [currentId] = loaders.keys();
  if (currentId === undefined) throw new TypeError("keys must hold at least one key");
  if (loaders.size < keys.length) throw new TypeError("keys must hold each id once");
  return { currentId, load: (id) => loaders.get(id as string)?.() };
}

/** PBKDF2 iterations that Workers allow in one call. */
const ITERATIONS_PER_CALL = 100_000;
const CALLS = 6;

/**
 * Makes a key for `encrypt` from a passphrase: PBKDF2-HMAC-SHA256 with 600,000 iterations, in six calls of 100,000 because
 * Workers refuse more in one call.
 *
 * Deriving takes some tenths of a second of CPU time, once an isolate. Where that is too much, use 32 random bytes.
 *
 * @param salt At least 16 random bytes that you keep with the configuration; a string means its UTF-8.
 * @throws TypeError when the text is empty or the salt is shorter.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { encrypt, passphrase } from "edge-key-value/wrappers/encrypt";
 *
 * const key = passphrase("correct horse battery staple", "16 bytes or more of salt");
 * const store = encrypt(memoryStore(), { keys: [{ id: "2026", key }] });
 * await store.put("card", { last4: "4242" });
 * ```
 */
export function passphrase(text: string, salt: string | Uint8Array): Passphrase {
  if (!string(text, "text")) refuse("text", "a string that is not empty");
  if (typeof salt !== "string" && !(salt instanceof Uint8Array)) refuse("salt", "a string or a Uint8Array", salt);
  const saltBytes = typeof salt === "string" ? utf8(salt) : new Uint8Array(salt);
  if (saltBytes.length < 16) refuse("salt", "at least 16 bytes");
  const derive = once(async () => {
    let bits = await pbkdf2(utf8(text), saltBytes, ITERATIONS_PER_CALL);
    for (let call = 1; call < CALLS; call++) bits = await pbkdf2(bits, saltBytes, ITERATIONS_PER_CALL);
    return bits;
  });
  return { derive };
}

/** Checks and copies a key now. Returns a function that imports it at its first call. */
function loaderOf(given: KeyRing[number]["key"]): () => Promise<LoadedKey> {
  if (given instanceof Uint8Array) {
    // Not by `slice`: that of Node's Buffer shares the caller's memory.
    const bytes = new Uint8Array(given);
    if (bytes.length === 32) return once(async () => marked(await imported(bytes)));
  } else if (isPassphrase(given)) {
    return once(async () => marked(await imported(await given.derive())));
  } else if (isAesKey(given)) {
    return once(() => marked(given));
  }
  refuse("key", "a CryptoKey for AES-GCM with 256 bits, a Uint8Array of 32 bytes, or a passphrase(text, salt)", given);
}

function isPassphrase(given: unknown): given is Passphrase {
  return typeof (Object(given) as Partial<Passphrase>).derive === "function";
}

function isAesKey(given: unknown): given is CryptoKey {
  const { algorithm, usages = [] }: Partial<CryptoKey> = Object(given);
  const { name, length } = Object(algorithm) as Partial<AesKeyAlgorithm>;
  return name === "AES-GCM" && length === 256 && usages.includes("encrypt") && usages.includes("decrypt");
}

function imported(bits: BufferSource): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** The mark is the start of an empty message's tag. Its IV is one that no value has: theirs are 96 random bits. */
async function marked(key: CryptoKey): Promise<LoadedKey> {
  const iv = utf8("ekv-key-mark");
  const tag = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new Uint8Array());
  return { key, mark: new Uint8Array(tag, 0, 9) };
}
