import { afterAll, beforeAll, describe, expect, it } from "#test";
import { sqliteStore } from "../../src/adapters/sqlite.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type KeyValueError, toDriver } from "../../src/index.ts";
import { sqlite, type TestDatabase, type TestSQLite } from "../support/sqlite.ts";

const failureOf = (call: Promise<unknown>): Promise<KeyValueError> =>
  call.then(
    () => {
      throw new Error("the call succeeded");
    },
    (error) => error,
  );

const codeOf = async (call: Promise<unknown>) => (await failureOf(call)).code;

const rowsOf = (database: TestDatabase, query: string): Record<string, unknown>[] =>
  database
    .prepare(query)
    .all()
    .map((row) => ({ ...(row as object) }));

if (sqlite) tests(sqlite);
else {
  describe("sqliteStore in a runtime without SQLite", () => {
    it("says so when it is used", async () => {
      const error = await failureOf(sqliteStore("data.db").get("k"));
      expect([error.code, error.store, error.key]).toEqual(["misconfigured", "sqlite", "k"]);
    });
  });
}

function tests({ open, path, writeFile }: TestSQLite): void {
  // Nothing but `Date.now` decides what has expired, so the suite moves it instead of waiting.
  const real = Date.now;
  let passed = 0;
  beforeAll(() => {
    Date.now = () => Math.floor(real() + passed);
  });
  afterAll(() => {
    Date.now = real;
  });

  const shared = open();
  conformance({ describe, it, expect }, "sqliteStore", () => sqliteStore(shared), {
    capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"],
    ordered: true,
    wait: (seconds) => {
      passed += seconds * 1000;
    },
  });

  describe("sqliteStore", () => {
    it("stores an entry as a row that any SQLite client can read", async () => {
      const database = open();
      const store = sqliteStore(database);
      const before = Date.now();
      await store.put("user:1", { name: "Alice" }, { collection: "users", ttl: 60 });
      await store.put("a\0\x01\uD800", "a\0\uD800");
      const [user, odd] = rowsOf(database, "SELECT * FROM edge_key_value ORDER BY collection DESC");
      expect({ ...user, version: "", created_at: 0, expires_at: 0 }).toEqual({
        ...{ collection: "users", key: "user:1", value: '{"name":"Alice"}' },
        ...{ version: "", created_at: 0, expires_at: 0 },
      });
      expect(user?.created_at).toBeGreaterThanOrEqual(before);
      expect((user?.expires_at as number) - (user?.created_at as number)).toBe(60_000);
      expect([odd?.key, odd?.value]).toEqual(["a\x01\x01\x01\x02\uD7FF\x02", '"a\\u0000\\ud800"']);
    });

    it("keeps the tables of stores apart, and creates its own again when it was dropped", async () => {
      const database = open();
      const one = sqliteStore(database);
      const two = sqliteStore(database, { table: "order" });
      await one.put("k", 1);
      await two.put("k", 2);
      expect(await two.destroy()).toBe(true);
      expect([await one.get("k"), await two.get("k")]).toEqual([1, null]);
      database.exec("DROP TABLE edge_key_value");
      expect(await one.get("k")).toBe(null);
      expect(await one.increment("k")).toBe(1);
    });

    it("prepares each statement once", async () => {
      const database = open();
      const texts: string[] = [];
      const counted = {
        prepare(text: string) {
          texts.push(text);
          return database.prepare(text);
        },
        get isTransaction() {
          return database.isTransaction ?? database.inTransaction ?? false;
        },
      };
      const store = sqliteStore(counted);
      await store.put("k", 1);
      texts.length = 0;
      for (let i = 0; i < 3; i++) {
        await store.put("k", i);
        await store.get("k");
        await store.getMany(["k", "l"]);
        await store.increment("k");
        await store.listKeys({ prefix: `p${i}` });
      }
      expect(new Set(texts).size).toBe(texts.length);
    });

    it("takes part in a transaction that the caller has open", async () => {
      const database = open();
      const store = sqliteStore(database);
      await store.put("k", 1);
      const change = async () => {
        await store.putMany([
          ["k", 5],
          ["l", 6],
        ]);
        await store.increment("k");
        await store.update<number>("k", (value) => (value ?? 0) + 1);
        await store.deleteMany(["l", "m"]);
        expect(await codeOf(store.increment("text"))).toBe("not_a_number");
      };
      await store.put("text", "text");
      database.exec("BEGIN");
      await change();
      expect(await store.get("k")).toBe(7);
      database.exec("ROLLBACK");
      expect(await store.get("k")).toBe(1);
      database.exec("BEGIN");
      await change();
      expect(await store.destroyCollection({ collection: "none" })).toBe(false);
      database.exec("COMMIT");
      expect(await store.get("k")).toBe(7);
    });

    it("writes all of a bulk or nothing", async () => {
      const database = open();
      const store = sqliteStore(database);
      await store.put("a", 1);
      database.exec("PRAGMA max_page_count = 20");
      const large = Array.from({ length: 100 }, (_, i) => [`k${i}`, "x".repeat(2000)] as const);
      const error = await failureOf(store.putMany([["a", 2], ...large]));
      expect([error.code, error.collection]).toEqual(["full", "default_collection"]);
      expect(await store.getMany(["a", "k0"])).toEqual([1, null]);
    });

    it("finds entries and names by its index, however many there are", async () => {
      const database = open();
      const asked: [text: string, args: (string | number | null)[]][] = [];
      const explained = {
        prepare(text: string) {
          const statement = database.prepare(text);
          const note = (args: (string | number | null)[]) => {
            if (/^(SELECT|WITH|DELETE)/.test(text)) asked.push([text, args]);
            return args;
          };
          return {
            all: (...args: (string | number | null)[]) => statement.all(...note(args)),
            run: (...args: (string | number | null)[]) => statement.run(...args),
          };
        },
      };
      const store = sqliteStore(explained);
      await store.putMany(Array.from({ length: 50 }, (_, i) => [`k${i}`, i]));
      await store.getMany(["k1", "k2"]);
      await store.delete("k1");
      await store.deleteMany(["k2", "k3"]);
      await store.listKeys({ prefix: "k" });
      await store.listKeys({ prefix: "k", cursor: "k20", limit: 5 });
      await store.listCollections({ prefix: "d", cursor: "c" });
      await store.destroyCollection();
      await store.cull();
      const plans = asked.flatMap(([text, args]) =>
        database
          .prepare(`EXPLAIN QUERY PLAN ${text}`)
          .all(...args)
          .map((step) => (step as { detail: string }).detail),
      );
      expect(plans.filter((step) => /SCAN (TABLE )?(edge_key_value|stored)|TEMP B-TREE/.test(step))).toEqual([]);
      expect(plans.length).toBeGreaterThanOrEqual(10);
    });

    it("returns an error for a row that is not an entry, or takes it for missing", async () => {
      const database = open();
      const strict = sqliteStore(database);
      const lenient = sqliteStore(database, { onCorrupt: "miss" });
      await strict.put("k", 1);
      for (const damaged of ["not json", "null", "1e999", '{"a":[1e400]}', ""]) {
        for (const key of ["k", "taken", "swapped", "counted", "bulk"]) {
          await strict.put(key, 1);
          database.prepare("UPDATE edge_key_value SET value = ? WHERE key = ?").all(damaged, key);
        }
        for (const call of [
          () => strict.get("k"),
          () => strict.getMany(["k", "l"]),
          () => strict.take("taken"),
          () => strict.increment("counted"),
          () => strict.update("k", () => 2),
        ]) {
          const error = await failureOf(call());
          expect([error.code, error.collection]).toEqual(["corrupted", "default_collection"]);
          expect(String(error.message).includes("json")).toBe(false);
        }
        // What cannot be read was not destroyed.
        expect(rowsOf(database, "SELECT value FROM edge_key_value WHERE key = 'taken'")).toEqual([{ value: damaged }]);
        expect(await lenient.get("k")).toBe(null);
        expect(await lenient.getMany(["k", "bulk"])).toEqual([null, null]);
        expect(await lenient.putIfAbsent("swapped", 2)).toBe(true);
        expect(await lenient.increment("counted")).toBe(1);
        expect(await lenient.putIfVersion("k", 3, null)).not.toBe(null);
        expect(await strict.getMany(["swapped", "counted", "k"])).toEqual([2, 1, 3]);
      }
    });

    it("takes a row whose time is too large for a number as damaged, and reads the others", async () => {
      const database = open();
      const strict = sqliteStore(database);
      const lenient = sqliteStore(database, { onCorrupt: "miss" });
      for (const column of ["created_at", "expires_at"]) {
        await strict.putMany([
          ["k", 1],
          ["l", 2],
        ]);
        database.prepare(`UPDATE edge_key_value SET ${column} = 9223372036854775807 WHERE key = 'k'`).all();
        for (const call of [
          () => strict.ttlMany(["l", "k"]),
          () => strict.ttl("k"),
          () => strict.update("k", () => 2),
        ]) {
          const error = await failureOf(call());
          expect([error.code, error.key]).toEqual(["corrupted", "k"]);
        }
        expect(await lenient.ttlMany(["l", "k"])).toEqual([{ value: 2, ttl: null }, null]);
        expect(await lenient.putIfAbsent("k", 3)).toBe(true);
        expect(await strict.ttl("k")).toEqual({ value: 3, ttl: null });
      }
    });

    it("opens a file at first use, keeps its data, and closes it", async () => {
      const file = path();
      {
        await using store = sqliteStore(file);
        const both = await Promise.all([store.put("k", { a: 1 }), store.increment("n", 5)]);
        expect(both[1]).toBe(5);
      }
      const store = sqliteStore(file);
      expect(await store.getMany(["k", "n"])).toEqual([{ a: 1 }, 5]);
      const database = open(file);
      expect(rowsOf(database, "PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
      database.close();
      await store[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      expect(await codeOf(store.get("k"))).toBe("unavailable");
      const unused = sqliteStore(path());
      await unused[Symbol.asyncDispose]();
    });

    it("leaves a database that it was handed open", async () => {
      const store = sqliteStore(open());
      expect(["close" in toDriver(store), Symbol.asyncDispose in store]).toEqual([false, false]);
    });

    it("says what is wrong with the database", async () => {
      const file = path();
      await sqliteStore(file).put("k", "v".repeat(100));

      const locking = open(file);
      const waiting = open(file);
      const blocked = sqliteStore(waiting);
      locking.exec("BEGIN IMMEDIATE");
      expect(await blocked.get("k")).toBe("v".repeat(100));
      // Writes wait for the lock, but not for ever.
      const calls = [codeOf(blocked.put("k", 1)), codeOf(blocked.increment("n"))];
      passed += 6000;
      expect(await Promise.all(calls)).toEqual(["unavailable", "unavailable"]);
      const waits = blocked.put("k", 1);
      locking.exec("COMMIT");
      await waits;
      expect(await blocked.get("k")).toBe(1);

      waiting.exec("PRAGMA query_only = ON");
      expect([await codeOf(blocked.put("k", 2)), await codeOf(blocked.take("k"))]).toEqual(["read_only", "read_only"]);
      waiting.exec("PRAGMA query_only = OFF");

      waiting.exec("PRAGMA max_page_count = 10");
      expect(await codeOf(blocked.put("k", "x".repeat(100_000)))).toBe("full");
      expect(await blocked.get("k")).toBe(1);
      await blocked.put("k", 3);

      const damaged = path();
      writeFile(damaged, "this is not a database, ".repeat(100));
      expect(await codeOf(sqliteStore(damaged).get("k"))).toBe("corrupted");
      expect(await codeOf(sqliteStore(`${file}/no/such/folder.db`).get("k"))).toBe("misconfigured");
      for (const database of [locking, waiting]) database.close();
    });

    it("refuses what is neither a path nor a database, and names that are no table's", () => {
      for (const wrong of [undefined, null, 1, "", {}, () => 1]) {
        expect(() => sqliteStore(wrong as unknown as string)).toThrow(TypeError);
      }
      for (const table of ["", "1a", "a b", 'a"', "a;b", "A", "x".repeat(49), 1]) {
        expect(() => sqliteStore(open(), { table: table as string })).toThrow(TypeError);
      }
    });
  });
}
