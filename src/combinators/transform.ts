import type { AnyDriver, Awaitable } from "../core/driver.ts";
import type { Address } from "../core/entry.ts";
import { type Entry, live } from "../core/entry.ts";

/** How {@link transform} changes entries. Both functions may return a promise. */
export interface Transformation {
  /** Changes an entry on its way in. It is not called for a removal. */
  encode(entry: Entry, address: Address): Awaitable<Entry>;
  /**
   * Changes a live entry on its way out. An entry is missing if this returns `undefined`, or an entry that has expired. The
   * version stays that of the backend.
   */
  decode(entry: Entry, address: Address): Awaitable<Entry | undefined>;
}

/**
 * Makes a driver that changes entries on their way in and out of another one, with `swap`.
 *
 * It encodes a whole bulk before it writes any of it, so a failure to encode writes nothing. Atomic operations become a read
 * and a swap, since the backend does not know what the values mean.
 *
 * @example
 * ```ts
 * import type { AsyncKeyValue } from "edge-key-value";
 * import { transform, type Wrapped, wrap } from "edge-key-value/combinators";
 *
 * export function shout<S extends AsyncKeyValue>(store: S): Wrapped<S> {
 *   return wrap(store, (driver) =>
 *     transform(driver, {
 *       encode: (entry) => (typeof entry.value === "string" ? { ...entry, value: entry.value.toUpperCase() } : entry),
 *       decode: (entry) => entry,
 *     }),
 *   );
 * }
 * ```
 */
export function transform<D extends AnyDriver>(driver: D, { encode, decode }: Transformation): D {
  const { read, write, swap } = driver as AnyDriver;
  async function decoded(entry: Entry | undefined, collection: string, key: string): Promise<Entry | undefined> {
    const found = live(entry);
    if (!found) return undefined;
    const result = live(await decode(found, { collection, key }));
    return result && { ...result, version: found.version };
  }
  return {
    ...driver,
    // The same entry may be encoded differently the next time, so the backend would not recognise a repeated swap.
    repeatableSwap: undefined,
    // The backend knows nothing of what the values mean here, so operations go through `swap`.
    operations: undefined,
    apply: undefined,
    async read(collection, keys, options) {
      const entries = await read(collection, keys, options);
      return Promise.all(keys.map((key, i) => decoded(entries[i], collection, key)));
    },
    async write(collection, items) {
      const encoded = items.map(async ([key, entry]) => [key, await encode(entry, { collection, key })] as const);
      return write(collection, await Promise.all(encoded));
    },
    ...(swap && {
      async swap(collection, key, expected, next) {
        const encoded = next && (await encode(next, { collection, key }));
        for (let there = expected; ; ) {
          const result = await swap(collection, key, there, encoded);
          if (result.ok) return result;
          const current = await decoded(result.current, collection, key);
          const version = result.current?.version;
          if (expected !== undefined || current || version === there) return { ok: false, current };
          // A caller who expects no entry may replace one that decodes to nothing. That one may be gone by the next try.
          there = version;
        }
      },
    }),
  } satisfies AnyDriver as D;
}
