import { transform } from "../combinators/index.ts";
import { checkOptions, refuse, strings } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { AnyDriver, CapabilitiesOf, Capability, Driver, MethodNames } from "../core/driver.ts";
import type { Address } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { copyJson, type JsonValue } from "../core/json.ts";
import { isPromise } from "../core/promises.ts";
import type {
  AsyncKeyValue,
  AtomicOptions,
  AtomicPutOptions,
  CapabilityMethods,
  CollectionOptions,
  PutOptions,
  ValueWithTtl,
} from "../core/protocol.ts";
import { createStore, supports, toDriver } from "../core/store.ts";

export type { OnCorrupt };

/** How {@link serialized} turns values into JSON and back. `superjson` fits as it is. */
export interface Serializer<Stored> {
  /** Returns a JSON value, such as a string or an object. It is called with neither `null` nor `undefined`. */
  serialize(value: unknown): Stored;
  /** The inverse of `serialize`. It throws if it cannot read what is stored. */
  deserialize(stored: Stored): unknown;
}

/** Options of {@link serialized}. */
export interface SerializedOptions {
  /** The collection to use when a call names none. Default: that of the store. */
  readonly collection?: string | undefined;
  /** What to do with a stored value that `deserialize` refuses: throw, or treat the entry as missing. Default: `"throw"`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/** What {@link serialized} makes: the methods of the store without `increment`, for all values of the serializer. */
export type SerializedStore<C extends Capability = never> = AsyncKeyValue &
  Pick<CapabilityMethods, Exclude<MethodNames[C], "increment">>;

/**
 * Makes a view of a store for values beyond JSON, such as dates, maps, big integers and bytes, by a serializer such as
 * superjson or devalue.
 *
 * The store keeps what `serialize` returns. Values are serialized at the call. `null` still stands for a missing entry. There
 * is no `increment`, since the store cannot add to a serialized number; use the store itself for counters. Atomic operations
 * take two calls, and never remove a value that `deserialize` cannot read.
 *
 * A value that `serialize` refuses is a KeyValueError with code `not_serializable`; a stored one that `deserialize` refuses
 * has code `corrupted`. What they threw is the `cause`. Wrap the store first, then make the view: wrappers and `typed` take
 * JSON values only.
 *
 * @throws TypeError when `serialize` or `deserialize` is not a function.
 * @example
 * ```ts
 * import * as devalue from "devalue";
 * import { memoryStore } from "edge-key-value";
 * import { serialized } from "edge-key-value/views/serialized";
 *
 * const store = serialized(memoryStore(), { serialize: devalue.stringify, deserialize: devalue.parse });
 * await store.put("ann", { joined: new Date(0), roles: new Set(["admin"]) });
 * const ann = await store.get<{ joined: Date; roles: Set<string> }>("ann");
 * ann?.roles.has("admin"); // => true
 * ```
 */
export function serialized<S extends AsyncKeyValue, Stored>(
  store: S,
  serializer: Serializer<Stored>,
  options?: SerializedOptions,
): SerializedStore<CapabilitiesOf<S>>;
export function serialized<S extends AsyncKeyValue, Stored>(
  store: S,
  serializer: Serializer<Stored>,
  options: SerializedOptions = {},
): unknown {
  const { collection = store.defaultCollection } = checkOptions(options);
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  for (const name of ["serialize", "deserialize"] as const) {
    if (typeof serializer?.[name] !== "function") refuse(name, "a function");
  }
  const driver = toDriver(store) as AnyDriver;

  function addressOf(key: string, options: CollectionOptions | undefined): Address {
    return { collection: options?.collection ?? inner.defaultCollection ?? "", key };
  }

  /** Returns what to store for a value. */
  function encode(value: unknown, key: string, options: CollectionOptions | undefined): Stored {
    const details = { store: driver.name, ...addressOf(key, options) };
    if (value === null || value === undefined) {
      throw new KeyValueError("not_serializable", `value is ${value}`, details);
    }
    try {
      return serializer.serialize(value);
    } catch (cause) {
      throw new KeyValueError("not_serializable", "serialize refused the value", { ...details, cause });
    }
  }

  /**
   * Returns the value of what is stored; `null` if it cannot be read and such values count as missing.
   *
   * @param copy Makes the value that `deserialize` gets. Default: that is the stored one itself.
   */
  function decode(stored: unknown, address: Address, copy?: (stored: JsonValue) => JsonValue): unknown {
    let cause: unknown;
    try {
      const value = serializer.deserialize((copy ? copy(stored as JsonValue) : stored) as Stored) ?? null;
      if (value !== null) return value;
    } catch (error) {
      cause = error;
    }
    if (onCorrupt === "miss") return null;
    const details = { store: driver.name, ...address, cause };
    throw new KeyValueError("corrupted", "deserialize refused what is stored", details);
  }

  const checked = transform(driver, {
    encode: (entry) => entry,
    // `deserialize` may change what it gets, and this value belongs to the backend.
    decode: (entry, address) => (decode(entry.value, address, copyJson) === null ? undefined : entry),
  });
  const { increment: _, ...inner } = createStore(
    // Only atomic operations need a value that can be read before they write. Other reads decode it once, on its way out.
    { ...checked, read: (at, keys, how) => (how?.fresh ? checked : driver).read(at, keys, how) } as Driver<"swap">,
    { defaultCollection: collection },
  );

  const opened = (stored: unknown, key: string, options: CollectionOptions | undefined) =>
    stored === null ? null : decode(stored, addressOf(key, options));

  function foundOf(found: ValueWithTtl<unknown> | null, key: string, options: CollectionOptions | undefined) {
    const value = found && opened(found.value, key, options);
    return value === null ? null : { ...found, value };
  }

  return {
    ...inner,
    get: async (key: string, options?: CollectionOptions) => opened(await inner.get(key, options), key, options),
    async getMany(keys: readonly string[], options?: CollectionOptions) {
      // The caller may change its list while the store reads.
      const asked = strings(keys);
      return (await inner.getMany(asked, options)).map((stored, i) => opened(stored, asked[i]!, options));
    },
    ttl: async (key: string, options?: CollectionOptions) => foundOf(await inner.ttl(key, options), key, options),
    async ttlMany(keys: readonly string[], options?: CollectionOptions) {
      const asked = strings(keys);
      return (await inner.ttlMany(asked, options)).map((found, i) => foundOf(found, asked[i]!, options));
    },
    put: async (key: string, value: unknown, options?: PutOptions) =>
      inner.put(key, encode(value, key, options), options),
    putMany: async (entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions) =>
      inner.putMany(entries?.[Symbol.iterator] ? encodedAll(entries, options) : entries, options),
    ...(supports(inner, "swap") && {
      putIfAbsent: async (key: string, value: unknown, options?: AtomicPutOptions) =>
        inner.putIfAbsent(key, encode(value, key, options), options),
      putIfVersion: async (key: string, value: unknown, version: string | null, options?: PutOptions) =>
        inner.putIfVersion(key, encode(value, key, options), version, options),
      take: async (key: string, options?: AtomicOptions) => opened(await inner.take(key, options), key, options),
      getWithVersion: async (key: string, options?: CollectionOptions) =>
        foundOf(await inner.getWithVersion(key, options), key, options),
      async update(key: string, change: (value: unknown) => unknown, options?: AtomicPutOptions) {
        if (typeof change !== "function") refuse("change", "a function");
        const next = (value: unknown) => (value === null || value === undefined ? value : encode(value, key, options));
        const stored = await inner.update(
          key,
          (old) => {
            const value = change(opened(old, key, options));
            // What is changed at once stays so: changes that wait for each other are then made in one call.
            return isPromise(value) ? value.then(next) : next(value);
          },
          options,
        );
        return opened(stored, key, options);
      },
    }),
  };

  function* encodedAll(
    entries: Iterable<readonly [key: string, value: unknown]>,
    options: PutOptions | undefined,
  ): Generator<readonly [key: string, value: unknown]> {
    for (const pair of entries) {
      // The store refuses what is no pair.
      yield Array.isArray(pair) ? [pair[0], encode(pair[1], pair[0], options)] : pair;
    }
  }
}
