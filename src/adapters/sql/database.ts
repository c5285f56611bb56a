import type { Awaitable } from "../../core/driver.ts";
import type { ErrorCode } from "../../core/errors.ts";

/** What a statement's placeholders stand for. Clients differ in all other types. */
export type SqlValue = string | number | null;

/** A statement, and what its numbered placeholders stand for. */
export interface Statement {
  readonly text: string;
  readonly args: readonly SqlValue[];
}

/** A row by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** What a failure of a database means, and what helps. */
export interface SqlFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The table is missing. */
  readonly missingTable?: true | undefined;
  /** Nothing has happened, and the same may succeed if it is sent again: for how many milliseconds that is worth a try. */
  readonly repeatFor?: number | undefined;
}

/** A SQL database, however it is reached. */
export interface SqlDatabase {
  /** The name of the driver. */
  readonly name: string;
  /**
   * Runs statements in one transaction, and returns the rows of each. No statement depends on the rows of another.
   * `stale` lets a replica answer.
   */
  batch(statements: readonly Statement[], stale?: boolean): Awaitable<readonly (readonly SqlRow[])[]>;
  /** Runs synchronous work in one transaction: only where the database is in this process. */
  transaction?<R>(work: (run: (statement: Statement) => readonly SqlRow[]) => R): Awaitable<R>;
  /** What an error of the client means. */
  failure(cause: unknown): SqlFailure;
  /** Closes what the store itself opened. */
  close?(): Awaitable<void>;
}
