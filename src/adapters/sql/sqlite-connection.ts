import type { SqlRow, SqlValue, Statement } from "./database.ts";

/** What this library needs of a prepared statement. */
export interface SQLiteStatement {
  all(...args: SqlValue[]): unknown[];
  run(...args: SqlValue[]): unknown;
  /** Whether it returns rows. `better-sqlite3` refuses `all` for a statement that returns none. */
  readonly reader?: boolean;
  /** Only `better-sqlite3` has this; it takes parameters with numbers in another form than the others. */
  pluck?(): unknown;
}

/** What this library needs of a database; those of `node:sqlite`, `bun:sqlite` and `better-sqlite3` fit. */
export interface SQLiteDatabase {
  prepare(sql: string): SQLiteStatement;
  /** Whether a transaction is open, as `node:sqlite` calls it. */
  readonly isTransaction?: boolean;
  /** The same, as `bun:sqlite` and `better-sqlite3` call it. */
  readonly inTransaction?: boolean;
}

/** A connection that prepares each statement once. */
export interface SQLiteConnection {
  run(statement: Statement): readonly SqlRow[];
  /** One transaction, or a part of the one that the caller has open. */
  transaction<R>(work: () => R): R;
}

/** The parameters `?1`, `?2` and so on as `better-sqlite3` takes them: one object, by their numbers. */
function numbered(args: readonly SqlValue[]): SqlValue[] {
  return [Object.fromEntries(args.map((value, i) => [i + 1, value])) as unknown as SqlValue];
}

/** Uses a database of any of these modules. */
export function sqliteConnection(database: SQLiteDatabase): SQLiteConnection {
  /** The driver has a fixed number of texts, so this map stays small. */
  const prepared = new Map<string, SQLiteStatement>();

  function prepare(text: string): SQLiteStatement {
    const known = prepared.get(text);
    if (known) return known;
    const statement = database.prepare(text);
    prepared.set(text, statement);
    return statement;
  }

  function run({ text, args }: Statement): readonly SqlRow[] {
    const statement = prepare(text);
    const values = statement.pluck && args.length > 0 ? numbered(args) : args;
    if (statement.reader !== false) return statement.all(...values) as SqlRow[];
    statement.run(...values);
    return [];
  }

  function control(text: string): void {
    run({ text, args: [] });
  }

  return {
    run,
    transaction(work) {
      const isOpen = database.isTransaction ?? database.inTransaction ?? false;
      // Take a write lock from the start: a read lock cannot always become one.
      control(isOpen ? "SAVEPOINT edge_key_value" : "BEGIN IMMEDIATE");
      try {
        const result = work();
        control(isOpen ? "RELEASE edge_key_value" : "COMMIT");
        return result;
      } catch (error) {
        try {
          if (isOpen) control("ROLLBACK TO edge_key_value");
          control(isOpen ? "RELEASE edge_key_value" : "ROLLBACK");
        } catch {
          // SQLite has already rolled back, as it does when the disk is full.
        }
        throw error;
      }
    },
  };
}
