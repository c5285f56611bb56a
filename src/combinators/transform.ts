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
    const found = live(entry);
    if (!found) return undefined;
    const result = await decode(found, { collection, key });
    return result && { ...result, version: found.version };
  }
  return {
    ...driver,
    // The same entry may be encoded differently the next time, so a second swap would not be taken for the first.
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
        const result = await swap(collection, key, expected, encoded);
        if (result.ok) return result;
        const current = await decoded(result.current, collection, key);
        // An entry that decoding makes missing can be replaced: a swap that expects nothing takes its place.
        const replaceable = expected === undefined && result.current && !current;
        return replaceable ? swap(collection, key, result.current?.version, encoded) : { ok: false, current };
      },
    }),
  } satisfies AnyDriver as D;
}
