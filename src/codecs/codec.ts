import { type AsyncKeyValue, transform, type Wrapped, wrap } from "../combinators/index.ts";
import { type Bytes, fromBytes, toBytes } from "../core/bytes.ts";
import type { Address } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { checkOrder } from "./stack-order.ts";

/**
 * Stores JSON as envelopes.
 *
 * `seal` and `open` throw a KeyValueError when the value is the problem; `coded` adds collection and key to it. Anything
 * else that they throw means that the keys or the runtime are the problem.
 */
export interface Codec {
  /** The name of the wrapper, for messages. */
  readonly name: string;
  /** The property that makes an object an envelope. */
  readonly mark: string;
  /** Returns what to store for a value; `plain` is the value's JSON. */
  seal(plain: Bytes, address: Address, value: JsonValue): Promise<JsonValue>;
  /** Returns the JSON that was sealed. */
  open(envelope: { readonly [name: string]: JsonValue }, address: Address): Promise<Bytes>;
  /** Returns the most bytes of JSON that `seal` fits into `bytes`; without an argument, the most that it takes at all. */
  capacity(bytes?: number): number | undefined;
}

/** How {@link coded} reads values that its codec did not write. */
export interface CodecOptions {
  /** What to do with an envelope that cannot be opened: throw, or treat the entry as missing. Default: `"throw"`. */
  readonly onFailure?: "throw" | "miss" | undefined;
  /** Whether to read a value without an envelope as it is. Otherwise that is a failure, `not_encrypted`. Default: `false`. */
  readonly readPlain?: boolean | undefined;
}

/**
 * Makes a store that keeps its values in the envelopes of a codec.
 *
 * @throws TypeError when a wrapper inside compresses: it would get what this codec has sealed.
 */
export function coded<S extends AsyncKeyValue>(
  store: S,
  { name, mark, seal, open, capacity }: Codec,
  { onFailure = "throw", readPlain = false }: CodecOptions = {},
): Wrapped<S> {
  return wrap(store, (driver) => {
    checkOrder(name, driver);

    function located(error: Error, address: Address): KeyValueError {
      const place = { store: driver.name, ...address };
      return error instanceof KeyValueError
        ? new KeyValueError(error.code, error.message, { ...error, ...place, cause: error.cause })
        : new KeyValueError("misconfigured", `${name} failed: ${error.message}`, { ...place, cause: error });
    }

    async function opened(value: JsonValue, address: Address): Promise<JsonValue> {
      if (hasProperty(value, mark)) return fromBytes(await open(value, address));
      if (readPlain) return value;
      throw new KeyValueError("not_encrypted", "the stored value is not encrypted");
    }

    return {
      ...transform(driver, {
        async encode(entry, address) {
          try {
            return { ...entry, value: await seal(toBytes(entry.value), address, entry.value) };
          } catch (error) {
            throw located(error as Error, address);
          }
        },
        async decode(entry, address) {
          try {
            return { ...entry, value: await opened(entry.value, address) };
          } catch (error) {
            const failure = located(error as Error, address);
            if (onFailure === "miss" && failure.code !== "misconfigured") return undefined;
            throw failure;
          }
        },
      }),
      codecs: [name, ...(driver.codecs ?? [])],
      limits: { ...driver.limits, valueBytes: capacity(driver.limits?.valueBytes) },
    };
  });
}

/** Whether a value is an object with a property of this name. */
export function hasProperty(value: JsonValue, name: string): value is { readonly [name: string]: JsonValue } {
  return Object.hasOwn(Object(value), name);
}
