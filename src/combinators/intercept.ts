import type { AnyDriver, Awaitable, Capability } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";

/** One call to a driver, as {@link intercept} sees it. */
export interface Call {
  /** A method of the driver, or the name of an atomic operation that it applies, such as `"increment"`. */
  readonly operation: "read" | "write" | "remove" | Capability | (string & {});
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
