import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "#test";
import { type SQLiteDatabase, sqliteStore } from "../../src/adapters/sqlite.ts";
import { conformance } from "../../src/conformance/index.ts";
import type { KeyValueError } from "../../src/index.ts";

/** What the tests use of a database. The types of the package come in another one. */
interface BetterDatabase extends SQLiteDatabase {
  readonly inTransaction: boolean;
  exec(sql: string): unknown;
  pragma(text: string): unknown;
  transaction(work: () => void): () => void;
  close(): void;
}

// Its binary ends older versions of Node as soon as it is loaded.
const [major = 0] = process.versions.node.split(".").map(Number);
if (major >= 22) await tests();
else describe("better-sqlite3", () => it.skip("needs Node 22 or newer", () => {}));

async function tests(): Promise<void> {
  const name: string = "better-sqlite3";
  const { default: Database } = (await import(name)) as {
    default: new (path: string, options?: { readonly?: boolean }) => BetterDatabase;
  };
  const folder = mkdtempSync(join(tmpdir(), "edge-key-value-better-sqlite3-"));
  const opened: BetterDatabase[] = [];
  const open = (path = ":memory:", options = {}) => {
    const database = new Database(path, options);
    opened.push(database);
    return database;
  };
  afterAll(() => {
    for (const database of opened) database.close();
    rmSync(folder, { recursive: true });
  });
  const codeOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => "no error",
      (error: KeyValueError) => error.code,
    );

  conformance({ describe, it, expect }, "sqliteStore over better-sqlite3", () => sqliteStore(open()), {
    ordered: true,
  });

  describe("sqliteStore over better-sqlite3", () => {
    it("leaves the database open, with its own settings", async () => {
      const database = open(join(folder, "settings.db"));
      await sqliteStore(database).put("k", 1);
      expect(database.pragma("journal_mode")).toEqual([{ journal_mode: "delete" }]);
      database.exec("CREATE TABLE own (id INTEGER)");
    });

    it("takes part in a transaction of the database", async () => {
      const database = open();
      const store = sqliteStore(database);
      await store.put("k", 1);
      database.exec("BEGIN");
      await store.increment("k");
      await store.putMany([["l", 2]]);
      expect([database.inTransaction, await store.getMany(["k", "l"])]).toEqual([true, [2, 2]]);
      database.exec("ROLLBACK");
      expect(await store.getMany(["k", "l"])).toEqual([1, null]);
    });

    it("says what failed", async () => {
      const path = join(folder, "read-only.db");
      const store = sqliteStore(open(path));
      await store.put("k", 1);
      expect(await codeOf(sqliteStore(open(path, { readonly: true })).put("k", 3))).toBe("read_only");
      expect(await store.get("k")).toBe(1);
      const small = open();
      await sqliteStore(small).put("k", 1);
      small.pragma("max_page_count = 20");
      expect(await codeOf(sqliteStore(small).put("large", "x".repeat(200_000)))).toBe("full");
      expect(await sqliteStore(small).get("k")).toBe(1);
      writeFileSync(join(folder, "damaged.db"), "this is not a database, ".repeat(100));
      expect(await codeOf(sqliteStore(open(join(folder, "damaged.db"))).get("k"))).toBe("corrupted");
      const closed = open();
      closed.close();
      expect(await codeOf(sqliteStore(closed).get("k"))).not.toBe("no error");
    });
  });
}
