import { combineChanges } from "../../core/combine-changes.ts";
import type { Capability, Driver } from "../../core/driver.ts";
import { type SqlUse, sqlContext } from "./context.ts";
import type { SqlDatabase } from "./database.ts";
import type { Dialect } from "./dialect.ts";
import { sqlListings } from "./listings.ts";
import { sqlOperations } from "./operations.ts";
import { sqlReads } from "./reads.ts";
import { sqlSwap } from "./swaps.ts";
import { sqlWrites } from "./writes.ts";

/** A driver over a table in a SQL database. If the database returns no promises, neither does the driver, except for bulks and `cull`. */
export function sqlDriver(database: SqlDatabase, dialect: Dialect, use: SqlUse): Driver<Capability> {
  const { name, close } = database;
  const { consistency = "strong", limits } = use;
  const context = sqlContext(database, dialect, use);
  const { read, readOne } = sqlReads(context);
  const swap = sqlSwap(context, readOne);
  const driver = {
    name,
    consistency,
    limits: { keyBytes: limits.keyBytes ?? limits.rowBytes, valueBytes: limits.rowBytes },
    read,
    freshRead: read,
    ...sqlWrites(context),
    ...sqlListings(context),
    swap,
    modify: combineChanges,
    ...(close && { close }),
  };
  return { ...driver, ...sqlOperations(context, driver) };
}
