import type { AnyDriver, Awaitable, Capability } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";

/** One call to a driver, as {@link intercept} sees it. */
export interface Call {
  /** A method of the driver, or the name of an atomic operation that it applies, such as `"increment"`. */
  readonly operation: "read" | "write" | "remove" | Capability | (string & {});
  readonly collection?: string | undefined;
  /** The keys of a read, write, remove, swap or atomic operation. */
  readonly keys?: readonly string[] | undefined;
  /** The entries that a write or swap puts there, aligned with `keys`; `undefined` for a removal. */
  readonly entries?: readonly (Entry | undefined)[] | undefined;
  /** Whether a read goes past caches and fallbacks. */
  readonly fresh?: boolean | undefined;
}

/**
 * Surrounds a call. It may wait, measure, throw, or call `proceed` again. It does not know the type of the result, so it can
 * only return a result of `proceed`.
 */
export type Around = <R>(call: Call, proceed: () => Awaitable<R>) => Awaitable<R>;

/**
 * Makes a driver that lets `around` surround every call to another one.
 *
 * @example
 * ```ts
 * import type { AsyncKeyValue } from "edge-key-value";
 * import { intercept, type Wrapped, wrap } from "edge-key-value/combinators";
 *
 * export function timed<S extends AsyncKeyValue>(store: S): Wrapped<S> {
 *   return wrap(store, (driver) =>
 *     intercept(driver, async ({ operation }, proceed) => {
 *       const start = Date.now();
 *       const result = await proceed();
 *       console.log(operation, Date.now() - start, "ms");
 *       return result;
 *     }),
 *   );
 * }
 * ```
 */
export function intercept<D extends AnyDriver>(driver: D, around: Around): D {
  const { apply, read, write, remove, listKeys, listCollections, destroyCollection, destroy, cull, swap } =
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
    ...(apply && {
      apply: (collection, key, operation, args) =>
        around({ operation: operation.name, collection, keys: [key] }, () => apply(collection, key, operation, args)),
    }),
    ...(swap && {
      swap: (collection, key, expected, next) =>
        around({ operation: "swap", collection, keys: [key], entries: [next] }, () =>
          swap(collection, key, expected, next),
        ),
    }),
  } satisfies AnyDriver as D;
}
