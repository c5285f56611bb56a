import { refuse } from "../core/checks.ts";
import type { OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { entryTable } from "./objects/entry-table.ts";
import { rowDriver } from "./objects/row-driver.ts";
import type { SqlObjectStorage } from "./objects/tables.ts";

export type { OnCorrupt, SqlObjectStorage };

/** Options of {@link durableObjectStorageStore}. */
export interface DurableObjectStorageStoreOptions extends StoreOptions {
  /** What to make of a stored value that is not JSON. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * A store in the SQLite storage of your own Durable Object: `durableObjectStorageStore(ctx.storage)`.
 *
 * | | |
 * |---|---|
 * | Consistency | strong |
 * | Limits | collection, key and value (as JSON) together 1,999,800 bytes; 10 GB an object |
 * | Calls per operation | none: the storage is in the object; each operation is one transaction |
 * | Stores | a row in the table `edge_key_value`, the value as JSON text; the table is made at first use |
 *
 * It leaves the object's alarm alone. Expired entries are never seen, but stay in the table until something calls the
 * store's `cull()`, such as your own alarm. `destroy()` empties this library's tables and no others. The table is that
 * of `KeyValueObject`, so a subclass of it can read and write its entries in place, except that deadlines written so
 * do not set its alarm.
 *
 * Limits: developers.cloudflare.com/durable-objects/platform/limits.
 *
 * @throws TypeError when `storage` is not that of a Durable Object.
 */
export function durableObjectStorageStore(
  storage: SqlObjectStorage,
  options: DurableObjectStorageStoreOptions = {},
): Store<Capability> {
  if (typeof storage?.transactionSync !== "function") refuse("storage", "that of a Durable Object");
  const table = entryTable(storage);
  const driver = rowDriver(
    "durable-object-storage",
    1,
    (_, operation, args) => table.call(operation, ...args),
    options.onCorrupt,
  );
  return createStore(driver, options);
}
