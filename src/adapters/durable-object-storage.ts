import { refuse } from "../core/checks.ts";
import type { OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { ROW_BYTES } from "./objects/entry-codec.ts";
import { objectDialect, PART_BYTES } from "./objects/layout.ts";
import { localDatabase } from "./objects/local-database.ts";
import type { SqlObjectStorage } from "./objects/tables.ts";
import { sqlDriver } from "./sql/driver.ts";

export type { OnCorrupt, SqlObjectStorage };

/** Options of {@link durableObjectStorageStore}. */
export interface DurableObjectStorageStoreOptions extends StoreOptions {
  /** What to do with a stored value that is not JSON. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * Makes a store in the SQLite storage of your own Durable Object: `durableObjectStorageStore(ctx.storage)`.
 *
 * | | |
 * |---|---|
 * | Consistency | strong |
 * | Limits | collection, key and value (as JSON) together 1,999,800 bytes; 10 GB an object |
 * | Calls per operation | none: the storage is in the object; each operation is one transaction |
 * | Stores | a row in the table `edge_key_value`, the value as JSON text; the table is created at first use |
 *
 * The store leaves the object's alarm alone. Nobody sees expired entries, but they stay in the table until you call `cull()`,
 * for example in your own alarm. `destroy()` empties this library's table and no others. `KeyValueObject` has the same table,
 * so a subclass of it can read and write its entries in place; writing a deadline that way does not set its alarm.
 *
 * Limits: developers.cloudflare.com/durable-objects/platform/limits.
 *
 * @throws TypeError when `storage` is not that of a Durable Object.
 *
 * @example
 * ```ts
 * import { DurableObject } from "cloudflare:workers";
 * import { durableObjectStorageStore } from "edge-key-value/adapters/durable-object-storage";
 *
 * export class Room extends DurableObject {
 *   readonly #store = durableObjectStorageStore(this.ctx.storage);
 *
 *   seen(visitor: string): Promise<number> {
 *     return this.#store.increment(visitor, 1, { collection: "visits" });
 *   }
 * }
 * ```
 */
export function durableObjectStorageStore(
  storage: SqlObjectStorage,
  options: DurableObjectStorageStoreOptions = {},
): Store<Capability> {
  const { onCorrupt } = options;
  if (typeof storage?.transactionSync !== "function") refuse("storage", "the storage of a Durable Object", storage);
  const database = localDatabase("durable-object-storage", storage);
  const limits = { rowBytes: ROW_BYTES, bulkBytes: PART_BYTES };
  return createStore(sqlDriver(database, objectDialect, { limits, onCorrupt }), options);
}
