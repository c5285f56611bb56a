import type { Awaitable } from "../../core/driver.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { pause } from "../../core/times.ts";
import { chain, recover } from "./awaitable.ts";
import type { SqlDatabase, SqlRow, Statement } from "./database.ts";

/** Runs statements and other work. It recovers from a failure if it can, and throws a `KeyValueError` otherwise. */
export interface Runner {
  /** Runs statements in one transaction, and returns all their rows. */
  run(statements: readonly Statement[], details: ErrorDetails, stale?: boolean): Awaitable<readonly SqlRow[]>;
  /** Does any work that can be repeated. */
  withRecovery<R>(work: () => Awaitable<R>, details: ErrorDetails): Awaitable<R>;
}

/** The longest pause, in milliseconds. */
const LONGEST_PAUSE = 500;

/** A runner that creates the table if it is missing. */
export function runner(database: SqlDatabase, create: readonly Statement[]): Runner {
  const { name: store } = database;

  function withRecovery<R>(work: () => Awaitable<R>, details: ErrorDetails): Awaitable<R> {
    const began = Date.now();
    let created = false;

    function again(tries: number): Awaitable<R> {
      return recover(work, (cause) => {
        if (cause instanceof KeyValueError && cause.store) throw cause;
        const { code, message, missingTable, repeatFor = 0 } = database.failure(cause);
        if (missingTable && !created) {
          created = true;
          return chain(createTable(details), () => again(tries));
        }
        if (Date.now() - began < repeatFor) {
          return pause(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE), undefined).then(() => again(tries + 1));
        }
        throw new KeyValueError(code, message, { store, ...details, cause });
      });
    }
    return again(1);
  }

  function createTable(details: ErrorDetails): Awaitable<unknown> {
    const work = () => database.batch(create);
    return recover<unknown>(work, (cause) => {
      const { code, message, repeatFor } = database.failure(cause);
      // Somebody else is creating it at the same time.
      if (repeatFor) return undefined;
      throw new KeyValueError(code, `the table is missing and cannot be created: ${message}`, {
        store,
        ...details,
        cause,
      });
    });
  }

  return {
    withRecovery,
    run: (statements, details, stale) =>
      chain(
        withRecovery(() => database.batch(statements, stale), details),
        (results) => (results.length === 1 ? (results[0] as readonly SqlRow[]) : results.flat()),
      ),
  };
}
