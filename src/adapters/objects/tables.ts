import type { Statement } from "../sql/database.ts";
import { CREATE } from "./layout.ts";

/** What is needed of `ctx.storage`; `DurableObjectStorage` of `@cloudflare/workers-types` fits. */
export interface SqlObjectStorage {
  readonly sql: { exec(query: string, ...bindings: unknown[]): { toArray(): unknown[] } };
  transactionSync<T>(closure: () => T): T;
}

/** The tables in the storage of an object: entries, and a few numbers that the object has to remember. */
export interface SqlTables {
  /** Runs one statement. */
  run<R>(query: string, ...bindings: unknown[]): R[];
  /** Runs one statement of the SQL family. */
  ask<R>(statement: Statement): R[];
  /**
   * Does work in which at most one statement writes, which needs no transaction: nothing else runs meanwhile. Missing
   * tables are created, at first use and after the object's owner called `deleteAll`, and the work is done again.
   */
  attempt<R>(work: () => R): R;
  /** Does work in a transaction, for several writes that must not be left half done. */
  transaction<R>(work: () => R): R;
  /** How often the tables were created since the object started. What was read before the last time is gone. */
  readonly generation: number;
  /** Whether the storage had no tables when the object started. */
  readonly startedEmpty: boolean;
  recall(name: string): number | undefined;
  remember(name: string, value: number): void;
}

/** Opens the tables; nothing is read or written before they are used. */
export function sqlTables(storage: SqlObjectStorage): SqlTables {
  let used = false;
  let generation = 0;
  let startedEmpty = false;

  /** Reads every result to its end: one that is left unfinished would lock the table. */
  function run<R>(query: string, ...bindings: unknown[]): R[] {
    return storage.sql.exec(query, ...bindings).toArray() as R[];
  }

  function attempt<R>(work: () => R): R {
    try {
      return work();
    } catch (error) {
      if (!String(error).includes("no such table: edge_key_value")) throw error;
      run(CREATE);
      startedEmpty ||= !used;
      generation++;
      return work();
    } finally {
      used = true;
    }
  }

  return {
    run,
    ask: ({ text, args }) => run(text, ...args),
    attempt,
    transaction: (work) => attempt(() => storage.transactionSync(work)),
    get generation() {
      return generation;
    },
    get startedEmpty() {
      return startedEmpty;
    },
    recall: (name) =>
      attempt(() => run<{ value: number }>("SELECT value FROM edge_key_value_meta WHERE name = ?", name)[0]?.value),
    remember(name, value) {
      attempt(() => run("INSERT OR REPLACE INTO edge_key_value_meta VALUES (?, ?)", name, value));
    },
  };
}
