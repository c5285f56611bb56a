import { type AsyncKeyValue, transform, type Wrapped, wrap } from "../combinators/index.ts";
import { type Bytes, fromBytes, toBytes } from "../core/bytes.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import type { Address } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";

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

/**
 * A way to keep JSON in envelopes. It throws KeyValueErrors, to which the place is added, for what has to do with the
 * value; all else that it throws has to do with the keys or the runtime.
 */
export interface Codec {
  /** The property that makes an object an envelope. */
  readonly mark: string;
  /** What is stored for a value, which is given as bytes, too. */
  seal(plain: Bytes, address: Address, value: JsonValue): Promise<JsonValue>;
  open(envelope: { readonly [name: string]: JsonValue }, address: Address): Promise<Bytes>;
  /** How many bytes of JSON it takes over a backend that takes so many. */
  capacity(bytes?: number): number | undefined;
}

/** A store that keeps its values in the envelopes of a codec. */
export function coded<S extends AsyncKeyValue>(
  store: S,
  { mark, seal, open, capacity }: Codec,
  options: EncryptedOptions,
): Wrapped<S> {
  const { onFailure = "throw", allowPlaintext = false } = checkOptions(options, { allowPlaintext: "boolean" });
  oneOf(onFailure, "onFailure", ["throw", "miss"]);
  return wrap(store, (driver) => {
    function fail(error: Error, address: Address): never {
      const place = { store: driver.name, ...address };
      if (!(error instanceof KeyValueError)) {
        throw new KeyValueError("misconfigured", `not possible here: ${error.message}`, { ...place, cause: error });
      }
      throw new KeyValueError(error.code, error.message, { ...error, ...place, cause: error.cause });
    }
    return {
      ...transform(driver, {
        async encode(entry, address) {
          const sealed = seal(toBytes(entry.value), address, entry.value);
          return { ...entry, value: await sealed.catch((error) => fail(error, address)) };
        },
        async decode(entry, address) {
          try {
            if (has(entry.value, mark)) return { ...entry, value: fromBytes(await open(entry.value, address)) };
            if (allowPlaintext) return entry;
            throw new KeyValueError("not_encrypted", "the stored value is not encrypted");
          } catch (error) {
            const unreadable = error instanceof KeyValueError && error.code !== "misconfigured";
            return onFailure === "miss" && unreadable ? undefined : fail(error as Error, address);
          }
        },
      }),
      limits: { ...driver.limits, valueBytes: capacity(driver.limits?.valueBytes) },
    };
  });
}

/** Whether a value is an object with a property of this name, which is what makes it an envelope. */
export function has(value: JsonValue, name: string): value is { readonly [name: string]: JsonValue } {
  return Object.hasOwn(Object(value), name);
}
