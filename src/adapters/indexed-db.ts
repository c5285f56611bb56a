import { string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { type Closable, createStore, type StoreOptions } from "../core/store.ts";
import { indexedDBDriver } from "./browser/indexed-db-driver.ts";

export type { OnCorrupt };

/** Options of {@link indexedDBStore}. */
export interface IndexedDBStoreOptions extends StoreOptions {
  /** What to do with a stored value that this store did not write. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * Makes a store in the browser's IndexedDB, for pages, workers and service workers.
 *
 * | | |
 * |---|---|
 * | Consistency | strong, among all tabs and workers of a site |
 * | Limits | the quota of the site, often a share of the disk; a full one is the code `full` |
 * | Calls per operation | one transaction |
 * | Stores | an object store `entries` in the database of that name: JSON text with times and a version, under `[collection, key]` |
 *
 * Atomic operations run inside a transaction, so tabs never lose each other's changes. A bulk write is written whole or not at
 * all. The database is opened at first use. If another tab deletes it, it is closed and created again. In a private window the
 * browser forgets it with the window. Browsers may evict the data of a site that has not asked for
 * `navigator.storage.persist()`.
 *
 * `await using` or `store[Symbol.asyncDispose]()` closes the database: calls then fail with code
 * `unavailable`. `destroy()` empties it.
 *
 * @param name The name of the database, which is the store's alone.
 * @throws TypeError when the name is no string, or an option is of the wrong type.
 *
 * @example
 * ```ts
 * import { indexedDBStore } from "edge-key-value/adapters/indexed-db";
 *
 * export async function visit() {
 *   const store = indexedDBStore("my-app");
 *   return store.increment("visits");
 * }
 * ```
 */
export function indexedDBStore(
  name: string,
  options: IndexedDBStoreOptions = {},
): Store<Capability> & Closable<{ close(): void }> {
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  string(name, "name");
  return createStore(indexedDBDriver(name, onCorrupt), options);
}
