/**
 * `sqliteStore` over a database that has the rules of `better-sqlite3`, which is built for one version of Node and so is no
 * dependency. Its documentation: parameters with numbers are bound by an object, and `all` is for statements that return rows.
 */
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "#test";
import { type SQLiteDatabase, sqliteStore } from "../../src/adapters/sqlite.ts";
import { conformance } from "../../src/conformance/index.ts";

type Value = string | number | null | Uint8Array;

function betterSqlite3(): SQLiteDatabase {
  const database = new DatabaseSync(":memory:");
  return {
    get inTransaction() {
      return database.isTransaction;
    },
    prepare(sql) {
      const statement = database.prepare(sql);
      const numbers = [...new Set([...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)))];
      const reader = statement.columns().length > 0;
      const bound = (args: readonly unknown[]): Value[] => {
        const named = args.find((arg) => typeof arg === "object" && arg !== null) as Record<number, Value> | undefined;
        if (args.length > (named ? 1 : 0)) throw new RangeError("Too many parameter values were provided");
        const missing = numbers.find((number) => named?.[number] === undefined);
        if (missing !== undefined) throw new RangeError(`Missing named parameter "${missing}"`);
        return Array.from({ length: Math.max(0, ...numbers) }, (_, i) => named?.[i + 1] ?? null);
      };
      return {
        reader,
        pluck: () => undefined,
        all(...args) {
          if (!reader) throw new TypeError("This statement does not return data. Use run(), get(), or all() instead");
          return statement.all(...bound(args));
        },
        run: (...args) => statement.run(...bound(args)),
      };
    },
  };
}

conformance({ describe, it, expect }, "a database like better-sqlite3's", () => sqliteStore(betterSqlite3()), {
  ordered: true,
});
