import { checkedOnCorrupt, type OnCorrupt } from "../../core/corrupt.ts";
import type { Entry } from "../../core/entry.ts";
import type { ErrorDetails } from "../../core/errors.ts";
import type { SqlDatabase, SqlRow } from "./database.ts";
import type { Dialect } from "./dialect.ts";
import { type RowCodec, rowCodec, type SqlLimits } from "./rows.ts";
import { type Runner, runner } from "./runner.ts";

/** How a store uses a SQL database. */
export interface SqlUse {
  readonly limits: SqlLimits;
  /** Default: `throw`. */
  readonly onCorrupt?: OnCorrupt | undefined;
  /** `eventual` lets a replica answer plain reads and listings. Default: `strong`. */
  readonly consistency?: "strong" | "eventual" | undefined;
}

/** What the parts of a driver share. */
export interface SqlContext extends Runner, Pick<RowCodec, "keyOf" | "encode"> {
  readonly database: SqlDatabase;
  readonly dialect: Dialect;
  readonly limits: SqlLimits;
  /** Whether a replica may answer plain reads and listings. */
  readonly stale: boolean;
  /** Returns the entry in a row. `asked` is the time at which its statement was sent. */
  entryOf(row: SqlRow | undefined, asked: number, details: ErrorDetails): Entry | undefined;
}

/** Puts together what the parts of a driver share. */
export function sqlContext(database: SqlDatabase, dialect: Dialect, use: SqlUse): SqlContext {
  const { limits, onCorrupt, consistency } = use;
  const { keyOf, encode, decode } = rowCodec(database.name, dialect, limits, checkedOnCorrupt(onCorrupt));
  return {
    database,
    dialect,
    limits,
    stale: consistency === "eventual",
    ...runner(database, dialect.create),
    keyOf,
    encode,
    // If the database's clock decides, `life` counts from the arrival of the reply.
    entryOf: (row, asked, details) => decode(row, dialect.ownClock ? Date.now() : asked, details),
  };
}
