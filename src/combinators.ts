import { live } from "./checks.ts";
import type { AnyDriver, Awaitable, CapabilitiesOf, Capability, Driver, Entry, Store } from "./driver.ts";
import { KeyValueError } from "./errors.ts";
import type { AsyncKeyValue } from "./protocol.ts";
import { createStore, toDriver } from "./store.ts";

// Every signature of a wrapper needs it.
export type { AsyncKeyValue };

/** What a wrapper makes of a store: one that can do the same, except for what is `Lost`. */
export type Wrapped<S, Lost extends Capability = never> = Store<Exclude<CapabilitiesOf<S>, Lost>>;

/** The place of an entry. */
export interface Address {
  readonly collection: string;
  readonly key: string;
}

/**
 * Makes a store of a store: hands its driver to `change` and keeps its default collection.
 *
 * The result has the capabilities that the new driver has; name them in the type where it has fewer than the store.
 */
export function wrap<S extends AsyncKeyValue, C extends Capability = CapabilitiesOf<S>>(
  store: S,
  change: (driver: AnyDriver) => AnyDriver,
): Store<C> {
  return createStore(change(toDriver(store) as AnyDriver), { defaultCollection: store.defaultCollection }) as Store<C>;
}

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

/** How {@link remap} renames; both parts are pure and injective, and `from` is the inverse of `to`. */
export interface Renaming {
  /** Renames collections; what a prefix becomes is a prefix of what the names that start with it become. */
  readonly collection?: { to(name: string): string; from?(name: string): string | undefined };
  /** Renames the keys of a collection, in the same way; `from` answers `undefined` for a key that is not the store's. */
  readonly key?: {
    to(key: string, collection: string): string;
    from(name: string, collection: string): string | undefined;
  };
}

/** What a driver can do after {@link remap}: what would reach entries that are not the store's is gone. */
export type Remapped<D, R> = Exclude<
  CapabilitiesOf<D>,
  | "destroy"
  | (R extends { readonly key?: never; readonly collection?: Required<NonNullable<Renaming["collection"]>> }
      ? never
      : "listCollections" | "destroyCollection")
>;

/**
 * A driver that keeps its entries under other names of another driver, listings included.
 *
 * It never has `destroy`, and whole collections can be listed and destroyed only where keys are not renamed and
 * `collection.from` is given. `cull` stays, since it only reclaims what is gone. A failure names the collection and keys that
 * the caller knows, and has the one below as its cause.
 */
export function remap<D extends AnyDriver, R extends Renaming>(driver: D, renaming: R): Driver<Remapped<D, R>>;
export function remap(driver: AnyDriver, { collection: collections, key: keys }: Renaming): AnyDriver {
  const { read, write, remove, listKeys, listCollections, destroyCollection, destroy: _, swap, ...rest } = driver;
  const there = (collection: string): string => collections?.to(collection) ?? collection;
  const named = (key: string, collection: string): string => keys?.to(key, collection) ?? key;
  const back = (names: readonly string[], from: (name: string) => string | undefined): string[] =>
    names.map(from).filter((name) => name !== undefined);
  const whole = keys || (collections && !collections.from) ? undefined : { listCollections, destroyCollection };

  /** Lets a failure name the collection and keys that the caller knows. */
  async function told<R>(collection: string, call: () => Awaitable<R>): Promise<R> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof KeyValueError)) throw error;
      const own = (name: string) => keys?.from(name, collection) ?? name;
      const key = error.key === undefined ? undefined : own(error.key);
      const details = { ...error, collection, key, failed: error.failed?.map(own), cause: error };
      throw new KeyValueError(error.code, error.message, details);
    }
  }

  return {
    ...rest,
    read: (collection, asked, options) => {
      const names = asked.map((key) => named(key, collection));
      return told(collection, () => read(there(collection), names, options));
    },
    write: (collection, items) => {
      const renamed = items.map(([key, entry]) => [named(key, collection), entry] as const);
      return told(collection, () => write(there(collection), renamed));
    },
    remove: (collection, asked) => {
      const names = asked.map((key) => named(key, collection));
      return told(collection, () => remove(there(collection), names));
    },
    ...(listKeys && {
      async listKeys(collection, { prefix = "", ...page }) {
        const asked = { ...page, prefix: named(prefix, collection) };
        const { names, cursor } = await told(collection, () => listKeys(there(collection), asked));
        return { names: keys ? back(names, (name) => keys.from(name, collection)) : names, cursor };
      },
    }),
    ...(swap && {
      swap: (collection, key, expected, next) =>
        told(collection, () => swap(there(collection), named(key, collection), expected, next)),
    }),
    ...(whole?.listCollections && {
      async listCollections({ prefix = "", ...page }) {
        const { names, cursor } = await whole.listCollections!({ ...page, prefix: there(prefix) });
        return { names: collections?.from ? back(names, collections.from) : names, cursor };
      },
    }),
    ...(whole?.destroyCollection && {
      destroyCollection: (collection) => told(collection, () => whole.destroyCollection!(there(collection))),
    }),
  } satisfies AnyDriver;
}

/** One call to a driver, as {@link intercept} sees it. */
export interface Call {
  readonly operation: "read" | "write" | "remove" | Capability;
  readonly collection?: string | undefined;
  /** The keys of a read, write, remove or swap. */
  readonly keys?: readonly string[] | undefined;
  /** What a write or swap puts in their place, aligned with `keys`. */
  readonly entries?: readonly (Entry | undefined)[] | undefined;
  /** Of a read: goes past caches and fallbacks. */
  readonly fresh?: boolean | undefined;
}

/**
 * Surrounds a call. It may wait, call `proceed` again, measure, or throw; since the type of the result is unknown to
 * it, it can only return what `proceed` gave.
 */
export type Around = <R>(call: Call, proceed: () => Awaitable<R>) => Awaitable<R>;

/** A driver that lets `around` surround every call to another one. */
export function intercept<D extends AnyDriver>(driver: D, around: Around): D {
  const { read, write, remove, listKeys, listCollections, destroyCollection, destroy, cull, swap } =
    driver as AnyDriver;
  return {
    ...driver,
    read: (collection, keys, options) =>
      around({ operation: "read", collection, keys, fresh: options?.fresh }, () => read(collection, keys, options)),
    write: (collection, items) =>
      around(
        { operation: "write", collection, keys: items.map(([key]) => key), entries: items.map(([, entry]) => entry) },
        () => write(collection, items),
      ),
    remove: (collection, keys) => around({ operation: "remove", collection, keys }, () => remove(collection, keys)),
    ...(listKeys && {
      listKeys: (collection, page) => around({ operation: "listKeys", collection }, () => listKeys(collection, page)),
    }),
    ...(listCollections && {
      listCollections: (page) => around({ operation: "listCollections" }, () => listCollections(page)),
    }),
    ...(destroyCollection && {
      destroyCollection: (collection) =>
        around({ operation: "destroyCollection", collection }, () => destroyCollection(collection)),
    }),
    ...(destroy && { destroy: () => around({ operation: "destroy" }, destroy) }),
    ...(cull && { cull: () => around({ operation: "cull" }, cull) }),
    ...(swap && {
      swap: (collection, key, expected, next) =>
        around({ operation: "swap", collection, keys: [key], entries: [next] }, () =>
          swap(collection, key, expected, next),
        ),
    }),
  } satisfies AnyDriver as D;
}
