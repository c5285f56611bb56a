/** What is needed of `ctx.storage`; `DurableObjectStorage` of `@cloudflare/workers-types` fits. */
export interface SqlObjectStorage {
  readonly sql: { exec(query: string, ...bindings: unknown[]): { toArray(): unknown[] } };
  transactionSync<T>(closure: () => T): T;
}

/** The tables in the storage of an object, and a few numbers that it has to remember. */
export interface SqlTables {
  run<R>(query: string, ...bindings: unknown[]): R[];
  /** One transaction. Missing tables are made: at first use, and after the object's owner has called `deleteAll`. */
  transaction<R>(work: () => R): R;
  recall(name: string): number | undefined;
  remember(name: string, value: number): void;
}

// Without row ids a write is billed as one row, not two. The index finds what there is to cull.
const CREATE = `
CREATE TABLE IF NOT EXISTS edge_key_value (
  collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT, created_at INTEGER, expires_at INTEGER, version TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edge_key_value_deadline ON edge_key_value (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS edge_key_value_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`;

/** Opens the tables; nothing is read or written before they are used. */
export function sqlTables(storage: SqlObjectStorage): SqlTables {
  /** Reads every answer to its end: one that is left unfinished would lock the table. */
  function run<R>(query: string, ...bindings: unknown[]): R[] {
    return storage.sql.exec(query, ...bindings).toArray() as R[];
  }

  function transaction<R>(work: () => R): R {
    try {
      return storage.transactionSync(work);
    } catch (error) {
      if (!String(error).includes("no such table: edge_key_value")) throw error;
      run(CREATE);
      return storage.transactionSync(work);
    }
  }

  return {
    run,
    transaction,
    recall(name) {
      const query = "SELECT value FROM edge_key_value_meta WHERE name = ?";
      return transaction(() => run<{ value: number }>(query, name)[0]?.value);
    },
    remember(name, value) {
      transaction(() => run("INSERT OR REPLACE INTO edge_key_value_meta VALUES (?, ?)", name, value));
    },
  };
}
