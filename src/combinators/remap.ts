import type { AnyDriver, Awaitable, CapabilitiesOf, Driver } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";

/**
 * How {@link remap} renames. Every function is pure; `to` is injective and keeps prefixes: if a name begins with `p`, its new
 * name begins with `to(p)`. `from` is the inverse of `to`, and returns `undefined` for a name that `to` never returns.
 */
export interface Renaming {
  readonly collection?: { to(name: string): string; from?(name: string): string | undefined };
  readonly key?: {
    to(key: string, collection: string): string;
    from(name: string, collection: string): string | undefined;
  };
}

/** The capabilities of a driver after {@link remap}: without those that would reach the entries of others. */
export type Remapped<D, R> = Exclude<
  CapabilitiesOf<D>,
  | "destroy"
  | (R extends { readonly key?: never; readonly collection?: Required<NonNullable<Renaming["collection"]>> }
      ? never
      : "listCollections" | "destroyCollection")
>;

/**
 * Makes a driver that keeps its entries under other names in another driver, with listings and atomic operations.
 *
 * It never has `destroy`. It can list and destroy whole collections only where keys keep their names and `collection.from`
 * is given. `cull` stays, since it only reclaims what has expired. A failure names the collection and keys that the caller
 * knows, and has the failure of the other driver as its cause.
 *
 * @example
 * ```ts
 * import type { AsyncKeyValue } from "edge-key-value";
 * import { remap, type Wrapped, wrap } from "edge-key-value/combinators";
 *
 * type Lost = "destroy" | "destroyCollection" | "listCollections";
 *
 * export function secondVersion<S extends AsyncKeyValue>(store: S): Wrapped<S, Lost> {
 *   const to = (key: string) => `v2/${key}`;
 *   const from = (name: string) => (name.startsWith("v2/") ? name.slice(3) : undefined);
 *   return wrap(store, (driver) => remap(driver, { key: { to, from } }));
 * }
 * ```
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
  const collectionInside = (collection: string): string => collections?.to(collection) ?? collection;
  const keyInside = (key: string, collection: string): string => keys?.to(key, collection) ?? key;
  const ownNames = (names: readonly string[], from: (name: string) => string | undefined): string[] =>
    names.map(from).filter((name) => name !== undefined);
  const reachesOthers = keys !== undefined || (collections !== undefined && !collections.from);

  /** Makes a call in the inner collection. A failure then names the collection and keys that the caller knows. */
  async function inside<R>(collection: string, call: (inner: string) => Awaitable<R>): Promise<R> {
    try {
      return await call(collectionInside(collection));
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
      const names = asked.map((key) => keyInside(key, collection));
      return inside(collection, (inner) => read(inner, names, options));
    },
    write: (collection, items) => {
      const renamed = items.map(([key, entry]) => [keyInside(key, collection), entry] as const);
      return inside(collection, (inner) => write(inner, renamed));
    },
    remove: (collection, asked) => {
      const names = asked.map((key) => keyInside(key, collection));
      return inside(collection, (inner) => remove(inner, names));
    },
    ...(listKeys && {
      async listKeys(collection, { prefix = "", ...page }) {
        const asked = { ...page, prefix: keyInside(prefix, collection) };
        const { names, cursor } = await inside(collection, (inner) => listKeys(inner, asked));
        return { names: keys ? ownNames(names, (name) => keys.from(name, collection)) : names, cursor };
      },
    }),
    ...(apply && {
      apply: (collection, key, operation, args) =>
        inside(collection, (inner) => apply(inner, keyInside(key, collection), operation, args)),
    }),
    ...(swap && {
      swap: (collection, key, expected, next) =>
        inside(collection, (inner) => swap(inner, keyInside(key, collection), expected, next)),
    }),
    ...(listCollections &&
      !reachesOthers && {
        async listCollections({ prefix = "", ...page }) {
          const { names, cursor } = await listCollections({ ...page, prefix: collectionInside(prefix) });
          return { names: collections?.from ? ownNames(names, collections.from) : names, cursor };
        },
      }),
    ...(destroyCollection &&
      !reachesOthers && { destroyCollection: (collection) => inside(collection, (inner) => destroyCollection(inner)) }),
  } satisfies AnyDriver;
}
