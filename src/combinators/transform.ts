import type { AnyDriver, Awaitable } from "../core/driver.ts";
import type { Address } from "../core/entry.ts";
import { type Entry, live } from "../core/entry.ts";

/** How {@link transform} changes entries; either may answer with a promise. */
export interface Transformation {
  /** Changes an entry on its way in. Not called for a removal. */
  encode(entry: Entry, address: Address): Awaitable<Entry>;
  /**
   * Changes an entry on its way out, unless it has expired; `undefined` makes it missing. The version is kept whatever
   * this returns.
   */
  decode(entry: Entry, address: Address): Awaitable<Entry | undefined>;
}

/**
 * A driver that changes entries on their way in and out of another one, `swap` included.
 *
 * A whole bulk is encoded before any of it is written, so a failure to encode writes nothing.
 */
export function transform<D extends AnyDriver>(driver: D, { encode, decode }: Transformation): D {
  const { read, write, swap } = driver as AnyDriver;
  async function decoded(entry: Entry | undefined, collection: string, key: string): Promise<Entry | undefined> {
    if (!entry || !live(entry)) return entry;
    const { version } = entry;
    const result = await decode(entry, { collection, key });
    // What decoding makes missing counts as expired, so that a swap can still take its place.
    return result ? { ...result, version } : version === undefined ? undefined : { value: null, expiresAt: 0, version };
  }
  return {
    ...driver,
    // The same entry may be encoded differently the next time, so a second swap would not be taken for the first.
    repeatableSwap: undefined,
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
        const result = await swap(collection, key, expected, next && (await encode(next, { collection, key })));
        return result.ok ? result : { ok: false, current: await decoded(result.current, collection, key) };
      },
    }),
  } satisfies AnyDriver as D;
}
