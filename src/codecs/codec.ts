import { type AsyncKeyValue, type Transformation, transform, type Wrapped, wrap } from "../combinators/index.ts";
import { type Bytes, fromBytes, toBytes } from "../core/bytes.ts";
import type { Address, Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import type { JsonValue } from "../core/json.ts";
import { checkOrder } from "./stack-order.ts";

/** An object that a codec made, marked by its property. */
export type Envelope = { readonly [name: string]: JsonValue };

/** The contents of an envelope. */
export interface Opened {
  /** The value's JSON. */
  readonly plain: Bytes;
  /** The latest deadline that the entry may have, in epoch milliseconds. Default: the stored deadline is trusted. */
  readonly expiresAt?: number | undefined;
}

/** Opens an envelope that was found at an address. */
export type Open = (envelope: Envelope, address: Address) => Promise<Opened>;

/**
 * Stores JSON as envelopes.
 *
 * Its functions throw a KeyValueError when the value is the problem; `coded` adds collection and key to it. Anything else
 * that they throw means that the keys or the runtime are the problem.
 */
export interface Codec {
  /** The name of the wrapper, for messages. */
  readonly name: string;
  /** The property that makes an object an envelope. */
  readonly mark: string;
  /** Returns what to store for an entry; `plain` is the JSON of its value. */
  seal(plain: Bytes, entry: Entry, address: Address): Promise<JsonValue>;
  /** Returns a function that opens the envelopes of one call. */
  opener(): Open;
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
 * @throws TypeError when a wrapper inside compresses: it would compress what this codec has sealed.
 */
export function coded<S extends AsyncKeyValue>(
  store: S,
  { name, mark, seal, opener, capacity }: Codec,
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

    async function encode(entry: Entry, address: Address): Promise<Entry> {
      try {
        return { ...entry, value: await seal(toBytes(entry.value), entry, address) };
      } catch (error) {
        throw located(error as Error, address);
      }
    }

    async function opened(entry: Entry, address: Address, open: Open): Promise<Entry> {
      if (hasProperty(entry.value, mark)) {
        const { plain, expiresAt } = await open(entry.value, address);
        return { ...entry, value: fromBytes(plain), expiresAt: earlier(entry.expiresAt, expiresAt) };
      }
      if (readPlain) return entry;
      throw new KeyValueError("not_encrypted", "the stored value is not encrypted");
    }

    const decoding =
      (open: Open): Transformation["decode"] =>
      async (entry, address) => {
        try {
          return await opened(entry, address, open);
        } catch (error) {
          const failure = located(error as Error, address);
          if (onFailure === "miss" && failure.code !== "misconfigured") return undefined;
          throw failure;
        }
      };

    return {
      ...transform(driver, { encode, decode: (entry, address) => decoding(opener())(entry, address) }),
      // The envelopes of one read share an opener, which may limit their total size.
      read: (collection, keys, options) =>
        transform(driver, { encode, decode: decoding(opener()) }).read(collection, keys, options),
      codecs: [name, ...(driver.codecs ?? [])],
      limits: { ...driver.limits, valueBytes: capacity(driver.limits?.valueBytes) },
    };
  });
}

/** Whether a value is an object with a property of this name. */
export function hasProperty(value: JsonValue, name: string): value is Envelope {
  return Object.hasOwn(Object(value), name);
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
