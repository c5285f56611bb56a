import type { SqlDatabase, SqlRow, Statement } from "../sql/database.ts";
import { toObjectFailure } from "./failure.ts";
import type { SqlObjectStorage } from "./tables.ts";

/** The storage of an object as a database in this process. */
export function localDatabase(name: string, storage: SqlObjectStorage): SqlDatabase {
  const run = ({ text, args }: Statement): readonly SqlRow[] => storage.sql.exec(text, ...args).toArray() as SqlRow[];

  return {
    name,
    batch(statements) {
      const [only] = statements;
      if (statements.length === 1) return [run(only as Statement)];
      const writes = statements.filter(({ text }) => !text.startsWith("SELECT"));
      const all = () => statements.map(run);
      // Nothing else runs meanwhile, so a single write needs no transaction.
      return writes.length > 1 ? storage.transactionSync(all) : all();
    },
    // An operation reads and writes one row.
    transaction: (work) => work(run),
    failure(cause) {
      const missingTable = String(cause).includes("no such table: edge_key_value") || undefined;
      return { ...toObjectFailure(cause), missingTable };
    },
  };
}
