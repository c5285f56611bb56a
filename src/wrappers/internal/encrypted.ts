import { type Address, transform, wrap } from "../../combinators.ts";
import type { CapabilitiesOf, Store } from "../../driver.ts";
import { type ErrorCode, KeyValueError } from "../../errors.ts";
import type { JsonValue } from "../../json.ts";
import type { AsyncKeyValue } from "../../protocol.ts";
import { type Bytes, fromBytes, has, toBytes } from "./bytes.ts";

/** What to do with stored values that cannot be decrypted. */
export interface EncryptedOptions {
  /** Throw, or treat the entry as missing, so that a write can replace it. Default: `"throw"`. */
  readonly onFailure?: "throw" | "miss" | undefined;
  /**
   * Read values that are not encrypted; all writes are. For moving a store over: as long as it is on, whoever can write
   * to the backend can make up values. Default: `false`.
   */
  readonly allowPlaintext?: boolean | undefined;
}

/** Why an envelope cannot be opened. */
export type Refusal = readonly [code: ErrorCode, message: string];

/** A way to encrypt. What it rejects with has to do with the keys or the runtime, never with the stored value. */
export interface Cipher {
  seal(plain: Bytes, address: Address): Promise<JsonValue>;
  open(envelope: { readonly [name: string]: JsonValue }, address: Address): Promise<Bytes | Refusal>;
  /** How many bytes of JSON fit an envelope of so many. */
  capacity(bytes: number): number;
}

const NOT_ENCRYPTED: Refusal = ["not_encrypted", "the stored value is not encrypted"];
export const OTHER_KIND: Refusal = ["corrupted", "the stored value is not encrypted in the way of this wrapper"];

export function encrypted<S extends AsyncKeyValue>(
  store: S,
  { seal, open, capacity }: Cipher,
  { onFailure = "throw", allowPlaintext = false }: EncryptedOptions,
): Store<CapabilitiesOf<S>> {
  if (onFailure !== "throw" && onFailure !== "miss") throw new TypeError('onFailure must be "throw" or "miss"');
  return wrap(store, (driver) => {
    const limit = driver.limits?.valueBytes;
    function fail(address: Address, [code, message]: Refusal, cause?: unknown): never {
      throw new KeyValueError(code, message, { store: driver.name, ...address, cause });
    }
    const guarded = <T>(address: Address, result: Promise<T>): Promise<T> =>
      result.catch((cause) => fail(address, ["misconfigured", `the key cannot be used: ${cause.message}`], cause));

    return {
      ...transform(driver, {
        async encode(entry, address) {
          return { ...entry, value: await guarded(address, seal(toBytes(entry.value), address)) };
        },
        async decode(entry, address) {
          let opened: Bytes | Refusal = NOT_ENCRYPTED;
          if (has(entry.value, "__encrypted_data__")) opened = await guarded(address, open(entry.value, address));
          else if (allowPlaintext) return entry;
          const value = opened instanceof Uint8Array ? fromBytes(opened) : undefined;
          if (value !== undefined) return { ...entry, value };
          return onFailure === "miss" ? undefined : fail(address, opened instanceof Uint8Array ? OTHER_KIND : opened);
        },
      }),
      limits: limit ? { ...driver.limits, valueBytes: capacity(limit) } : driver.limits,
    };
  });
}

/** Makes something at the first call and keeps it, unless that fails. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    made.catch(() => (made = undefined));
    return made;
  };
}

/** The 32 bytes of PBKDF2 with HMAC-SHA256. */
export async function pbkdf2(secret: BufferSource, salt: BufferSource, iterations: number): Promise<ArrayBuffer> {
  const material = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveBits"]);
  return crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, material, 256);
}
