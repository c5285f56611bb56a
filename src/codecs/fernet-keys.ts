import { fromUrlSafeBase64, toUrlSafeBase64 } from "../core/base64.ts";
import { type Bytes, utf8 } from "../core/bytes.ts";
import { refuse, string } from "../core/checks.ts";
import { KeyValueError } from "../core/errors.ts";
import { once } from "../core/once.ts";
import { pbkdf2 } from "./pbkdf2.ts";

/** Keys: the first one encrypts, all of them decrypt. Or the arguments from which {@link fernetKey} derives the only key. */
export type FernetKeys =
  | { readonly keys: readonly (string | Uint8Array)[] }
  | { readonly sourceMaterial: string; readonly salt: string };

/** The two halves of a Fernet key. */
export interface LoadedFernetKey {
  readonly signing: CryptoKey;
  readonly encrypting: CryptoKey;
}

type Loader = () => Promise<LoadedFernetKey>;

/**
 * Checks and copies keys now, and imports or derives each at first use; the first is the current one.
 *
 * @throws TypeError for keys that `fernet` does not take.
 */
export function fernetLoaders(given: FernetKeys): readonly [current: Loader, ...others: Loader[]] {
  const { keys, sourceMaterial, salt } = given as { keys?: unknown; sourceMaterial?: unknown; salt?: unknown };
  if (keys === undefined) {
    const texts = [nonEmpty(sourceMaterial, "sourceMaterial"), nonEmpty(salt, "salt")] as const;
    return [once(async () => imported(keyBytes(await fernetKey(...texts))))];
  }
  if (!Array.isArray(keys)) refuse("keys", "an array", keys);
  if (sourceMaterial !== undefined) throw new TypeError("keys and sourceMaterial exclude each other");
  const [current, ...others] = keys.map((key): Loader => {
    const bytes = keyBytes(key);
    return once(() => imported(bytes));
  });
  if (!current) throw new TypeError("keys must hold at least one key");
  return [current, ...others];
}

/**
 * Derives the key that Python's py-key-value-aio derives: PBKDF2-HMAC-SHA256 with 1,200,000 iterations, as base64.
 *
 * Workers take at most 100,000 iterations in production (local `workerd` takes more). For Workers, derive the key elsewhere
 * and pass it in as a secret.
 *
 * @throws TypeError when an argument is an empty string.
 * @throws KeyValueError `misconfigured` where the runtime refuses so many iterations.
 * @example
 * ```ts
 * import { fernetKey } from "edge-key-value/wrappers/fernet";
 *
 * console.log(await fernetKey("the secret that Python has", "the salt that Python has"));
 * ```
 */
export async function fernetKey(sourceMaterial: string, salt: string): Promise<string> {
  const secret = utf8(nonEmpty(sourceMaterial, "sourceMaterial"));
  const derived = await pbkdf2(secret, utf8(nonEmpty(salt, "salt")), 1_200_000).catch((cause) => {
    const message =
      "this runtime refuses 1,200,000 PBKDF2 iterations: derive the key elsewhere with fernetKey and pass it in keys";
    throw new KeyValueError("misconfigured", message, { cause });
  });
  return toUrlSafeBase64(new Uint8Array(derived));
}

function keyBytes(key: unknown): Bytes {
  // Not by `slice`: that of Node's Buffer shares the caller's memory.
  const copy = key instanceof Uint8Array ? new Uint8Array(key) : undefined;
  const bytes = typeof key === "string" ? fromUrlSafeBase64(key) : copy;
  if (bytes?.length === 32) return bytes;
  throw new TypeError("a Fernet key must be 32 bytes, or their padded URL-safe base64");
}

/** The first half of a key signs, the second encrypts (github.com/fernet/spec). */
async function imported(bytes: Bytes): Promise<LoadedFernetKey> {
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const [signing, encrypting] = await Promise.all([
    crypto.subtle.importKey("raw", bytes.slice(0, 16), hmac, false, ["sign", "verify"]),
    crypto.subtle.importKey("raw", bytes.slice(16), "AES-CBC", false, ["encrypt", "decrypt"]),
  ]);
  return { signing, encrypting };
}

function nonEmpty(value: unknown, name: string): string {
  return string(value, name) || refuse(name, "a string that is not empty");
}
