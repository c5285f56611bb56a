import type { AnyDriver, Awaitable, CapabilitiesOf, Driver } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";

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
  const {
    read,
    write,
    remove,
    listKeys,
    listCollections,
    destroyCollection,
    destroy: _,
    swap,
    apply,
    ...rest
  } = driver;
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
    ...(apply && {
      apply: (collection, key, operation, args) =>
        told(collection, () => apply(there(collection), named(key, collection), operation, args)),
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
