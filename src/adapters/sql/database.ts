import type { Awaitable } from "../../core/driver.ts";
import type { ErrorCode } from "../../core/errors.ts";

/** The value of a placeholder. Clients differ in all other types. */
export type SqlValue = string | number | null;

/** A statement and the values of its numbered placeholders. */
export interface Statement {
  readonly text: string;
  readonly args: readonly SqlValue[];
}

/** A row, by column name. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** What a failure of a database means, and how to recover. */
export interface SqlFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The table is missing. */
  readonly missingTable?: true | undefined;
  /** Nothing happened, and the statement may succeed if it is sent again within this many milliseconds. */
  readonly repeatFor?: number | undefined;
}

/** A SQL database, whatever its client. */
export interface SqlDatabase {
  /** The name of the driver. */
  readonly name: string;
  /**
   * Runs statements in one transaction, and returns the rows of each. No statement depends on the rows of another.
   * `stale` lets a replica answer.
   */
  batch(statements: readonly Statement[], stale?: boolean): Awaitable<readonly (readonly SqlRow[])[]>;
  /** Runs synchronous work in one transaction. Only a database in this process can. */
  transaction?<R>(work: (run: (statement: Statement) => readonly SqlRow[]) => R): Awaitable<R>;
  /** Statements stay prepared, so one for each row is faster than one with all rows as JSON. */
  readonly staysPrepared?: true | undefined;
  /** What an error of the client means. */
  failure(cause: unknown): SqlFailure;
  /** Closes what the store itself opened. */
  close?(): Awaitable<void>;
}
