import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "#test";
import { type PostgresClient, postgresStore } from "../../src/adapters/postgres.ts";
import { conformance } from "../../src/conformance/index.ts";
import type { KeyValueError } from "../../src/index.ts";
import { timeout } from "../../src/wrappers/timeout.ts";
import fixture from "../fixtures/python-postgres.json" with { type: "json" };
import { clockOff } from "../support/clock-off.ts";
import { everyCombination } from "../support/combinations.ts";
import { countingDrivers, updatesSucceed } from "../support/contention.ts";
import { postgresPrograms, startPostgres } from "../support/postgres.ts";

const options = {
  capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"],
  ordered: true,
  // Deadlines travel as the time that is left.
  ttlGranularity: 0.1,
} as const;

const failureOf = (call: Promise<unknown>): Promise<KeyValueError> =>
  call.then(
    () => expect(call).toBe("refused") as never,
    (error) => error,
  );
const codeOf = async (call: Promise<unknown>) => (await failureOf(call)).code;

const embedded = new PGlite();
afterAll(() => embedded.close());

// Otherwise a server passes the suite below, and PGlite has the operations of each kind in the tests that follow.
if (everyCombination || !postgresPrograms)
  conformance({ describe, it, expect }, "postgresStore over PGlite", () => postgresStore(embedded), options);

describe("postgresStore", () => {
  it("reads the rows that Python's library wrote", async () => {
    await embedded.exec(`CREATE TABLE python_rows (collection TEXT NOT NULL, key TEXT NOT NULL, value JSONB NOT NULL,
      ttl DOUBLE PRECISION, created_at TIMESTAMPTZ, expires_at TIMESTAMPTZ, PRIMARY KEY (collection, key))`);
    const store = postgresStore(embedded, { table: "python_rows" });
    for (const { collection, key, value, ttl, created_at, expires_at } of fixture.rows) {
      const row = [collection, key, value, ttl, created_at, expires_at && "2999-01-01 00:00:00+00"];
      await embedded.query("INSERT INTO python_rows VALUES ($1, $2, $3::text::jsonb, $4, $5, $6)", row);
      const found = await store.getWithVersion(key, { collection });
      expect([key, found?.value, found?.ttl === null]).toEqual([key, JSON.parse(value), expires_at === null]);
      const names: string[] = [];
      for await (const name of store.keys({ collection, prefix: key.slice(0, 1) })) names.push(name);
      expect(names).toContain(key);
      // A write by Python changes the version, although it knows of none.
      await embedded.query("UPDATE python_rows SET value = value WHERE collection = $1 AND key = $2", [
        collection,
        key,
      ]);
      expect(await store.putIfVersion(key, { a: 1 }, found!.version, { collection })).toBe(null);
    }
  });

  it("skips the holes that postgres.js leaves in a result after a connection broke in the middle of another", async () => {
    const store = postgresStore({
      async unsafe(text, values) {
        const { rows } = await embedded.query(text, values);
        const result: unknown[] = [];
        for (const [i, row] of rows.entries()) result[i + 2] = row;
        return result;
      },
    });
    const at = { collection: "holes" };
    await store.put("k", 1, at);
    expect(await store.get("k", at)).toBe(1);
    expect(await store.getMany(["none", "k"], at)).toEqual([null, 1]);
    expect(await store.increment("k", 1, at)).toBe(2);
    const version = (await store.getWithVersion("k", at))?.version as string;
    expect(await store.putIfVersion("k", 3, version, at)).not.toBe(null);
    expect(await store.putIfVersion("k", 4, version, at)).toBe(null);
    expect(await store.listKeys(at)).toEqual({ names: ["k"], cursor: undefined });
    expect([await store.delete("k", at), await store.delete("k", at)]).toEqual([true, false]);
  });

  it("writes rows that Python's library reads, and keeps what JSONB cannot hold", async () => {
    const store = postgresStore(embedded);
    const at = { collection: "python" };
    // Starts the database and creates the table, which takes time that would count as part of the TTL.
    await store.get("user", at);
    await store.put("user", { name: "Alice" }, { ...at, ttl: 90.5 });
    const { rows } = await embedded.query(`SELECT key, value::text AS value, ttl, created_at IS NOT NULL AS created,
      abs(extract(epoch FROM expires_at - created_at) - 90.5) < 5 AS expires FROM kv_store WHERE collection = 'python'`);
    expect(rows).toEqual([{ key: "user", value: '{"name": "Alice"}', ttl: 90.5, created: true, expires: true }]);

    const odd = [
      "a\0b",
      { "\uD800": "\uDFFF\\u0000" },
      { __json_text__: "1" },
      { __json_text__: 1 },
      "\\u0000",
      "\\\\\0",
    ];
    await store.putMany(
      odd.map((value, i) => [`${i}`, value]),
      at,
    );
    expect(
      await store.getMany(
        odd.map((_, i) => `${i}`),
        at,
      ),
    ).toEqual(odd);
    expect(await store.take("0", at)).toBe("a\0b");
    const stored = await embedded.query("SELECT key, value::text AS value FROM kv_store WHERE key IN ('1', '3', '4')");
    expect((stored.rows as { value: string }[]).map(({ value }) => value.includes("__json_text__")).sort()).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("returns an error for a row that is not an entry, and keeps it", async () => {
    const at = { collection: "damaged" };
    const store = postgresStore(embedded);
    for (const damaged of ["null", '{"__json_text__": "no json"}', `1${"0".repeat(400)}`]) {
      await store.put("k", 1, at);
      await embedded.query("UPDATE kv_store SET value = $1::text::jsonb WHERE collection = 'damaged'", [damaged]);
      expect([await codeOf(store.get("k", at)), await codeOf(store.getMany(["k", "l"], at))]).toEqual([
        "corrupted",
        "corrupted",
      ]);
      expect(await postgresStore(embedded, { onCorrupt: "miss" }).putIfAbsent("k", 2, at)).toBe(true);
    }
  });

  it("takes part in a transaction that the client has open, in which no version repeats", async () => {
    const store = postgresStore(embedded, { table: "in_transaction" });
    await store.put("k", 0);
    await embedded.exec("BEGIN");
    const versions = new Set<unknown>();
    for (let i = 0; i < 5; i++) {
      await store.put("k", i);
      versions.add((await store.getWithVersion("k"))?.version);
    }
    await embedded.exec("ROLLBACK");
    expect([versions.size, await store.get("k")]).toEqual([5, 0]);
  });

  it("says that it cannot create its table in a transaction", async () => {
    const store = postgresStore(embedded, { table: "created_too_late" });
    await embedded.exec("BEGIN");
    const failure = await failureOf(store.put("k", 1));
    await embedded.exec("ROLLBACK");
    expect(failure.message).toBe(
      "the table is missing and cannot be created: a statement failed earlier in the transaction",
    );
    await store.put("k", 1);
    expect(await store.get("k")).toBe(1);
  });

  it("says what failed", async () => {
    for (const [code, error] of [
      ["unavailable", { code: "ECONNREFUSED", message: "connect" }],
      ["unavailable", { code: "CONNECTION_CLOSED", message: "write" }],
      ["unavailable", { message: "Connection terminated unexpectedly" }],
      ["unavailable", { code: "57P01", message: "terminating connection" }],
      ["timeout", { code: "57014", message: "canceling statement" }],
      ["timeout", { message: "timeout exceeded when trying to connect" }],
      ["unauthorized", { code: "28P01", message: "password" }],
      ["unauthorized", { code: "42501", message: "permission denied" }],
      ["read_only", { code: "25006", message: "read-only transaction" }],
      ["full", { code: "53100", message: "disk" }],
      ["overloaded", { code: "53300", message: "too many clients" }],
      ["overloaded", { code: "53200", message: "out of memory" }],
      ["too_large", { code: "54000", message: "index row size" }],
      ["misconfigured", { code: "3D000", message: "no database" }],
      ["backend", { code: "42601", message: "syntax" }],
    ] as const) {
      const store = postgresStore({ query: () => Promise.reject(Object.assign(new Error(), error)) });
      for (const call of [store.get("k"), store.put("k", "secret")]) {
        const failure = await failureOf(call);
        expect([error.message, failure.code]).toEqual([error.message, code]);
      }
    }
    // A role without rights is told that there is no table, and then that there is no schema to create it in.
    const rights = ["42P01", "3F000"].values();
    const query = () => Promise.reject(Object.assign(new Error(), { code: rights.next().value }));
    expect(await codeOf(postgresStore({ query }).get("k"))).toBe("unauthorized");
  });

  it("repeats what was rolled back because of other transactions", async () => {
    const failures = ["40001", "40P01"];
    const query = async (text: string, values: unknown[]) => {
      const code = failures.pop();
      if (code) throw Object.assign(new Error(), { code });
      return embedded.query(text, values);
    };
    expect(await postgresStore({ query } as PostgresClient).increment("repeated")).toBe(1);
    expect(failures).toEqual([]);
  });

  it("refuses what is no client", () => {
    for (const wrong of [undefined, null, {}, "postgres://localhost"]) {
      expect(() => postgresStore(wrong as PostgresClient)).toThrow(TypeError);
    }
  });
});

if (!postgresPrograms) {
  describe("postgresStore over a server", () => it.skip("needs PostgreSQL: apt-get install postgresql", () => {}));
} else {
  const server = await startPostgres(postgresPrograms);
  const at = { host: "127.0.0.1", port: server.port, user: "postgres", database: "postgres" };
  const pool = new pg.Pool({ ...at, max: 8 });
  const sql = postgres({ ...at, max: 8, onnotice: () => {} });
  afterAll(async () => {
    await pool.end();
    await sql.end();
    await server.remove();
  });

  conformance({ describe, it, expect }, "postgresStore over pg", () => postgresStore(pool), options);
  // Otherwise postgres.js has the histories of `postgres-linearizability.test.ts`, and shares a table with `pg` below.
  if (everyCombination)
    conformance({ describe, it, expect }, "postgresStore over postgres.js", () => postgresStore(sql), options);

  describe("postgresStore over a server", () => {
    it("goes by the clock of the server, whatever that of the caller says", async () => {
      await clockOff(() => postgresStore(pool), expect);
    });

    updatesSucceed("PostgreSQL, of one store", (work) => {
      const { store: make, calls } = countingDrivers(() => postgresStore(pool));
      const store = make();
      return work({ store: () => store, calls });
    });

    it("says what failed, in the server's own words", async () => {
      await postgresStore(pool).put("k", 1);
      await pool.query("CREATE ROLE reader LOGIN; CREATE ROLE single LOGIN CONNECTION LIMIT 1");
      const as = (config: pg.PoolConfig) => {
        const own = new pg.Pool({ ...at, max: 1, ...config });
        others.push(own);
        return postgresStore(own);
      };
      const others: pg.Pool[] = [];
      try {
        expect(await codeOf(as({ user: "reader" }).put("k", 2))).toBe("unauthorized");
        expect(await codeOf(as({ user: "nobody" }).get("k"))).toBe("unauthorized");
        expect(await codeOf(as({ database: "missing" }).get("k"))).toBe("misconfigured");
        expect(await codeOf(as({ options: "-c default_transaction_read_only=on" }).put("k", 2))).toBe("read_only");
        await pool.query("GRANT SELECT ON kv_store TO single");
        expect(await as({ user: "single" }).get("k")).toBe(1);
        expect(await codeOf(as({ user: "single" }).get("k"))).toBe("overloaded");

        // Somebody holds the table: a call waits, until the server or the caller has enough.
        const holder = await pool.connect();
        await holder.query("BEGIN; LOCK TABLE kv_store");
        expect(await codeOf(as({ options: "-c statement_timeout=50" }).get("k"))).toBe("timeout");
        expect(await codeOf(as({ options: "-c lock_timeout=50" }).put("k", 2))).toBe("timeout");
        const waiting = as({});
        expect(await codeOf(timeout(waiting, { seconds: 0.05 }).get("k"))).toBe("timeout");
        await holder.query("ROLLBACK");
        holder.release();
        expect(await waiting.get("k")).toBe(1);
      } finally {
        await Promise.all(others.map((own) => own.end()));
      }
    });

    it("creates its table once for many who use it first at the same time", async () => {
      const stores = Array.from({ length: 20 }, () => postgresStore(pool, { table: "created_once" }));
      await Promise.all(stores.map((store) => store.increment("n")));
      expect(await stores[0]!.get("n")).toBe(20);
    });

    it("does not deadlock when bulks come in opposite orders", async () => {
      const stores = [postgresStore(pool), postgresStore(sql)] as const;
      const keys = Array.from({ length: 50 }, (_, i) => `k${i}`);
      const items = keys.map((key) => [key, key] as const);
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          i % 3 === 2
            ? stores[i % 2]!.deleteMany([...keys].reverse())
            : stores[i % 2]!.putMany(i % 2 ? items : [...items].reverse()),
        ),
      );
    });

    it("survives a server that is killed, and loses nothing that was acknowledged", async () => {
      const store = postgresStore(pool, { table: "killed" });
      const acknowledged: string[] = [];
      let failed = 0;
      const write = async (i: number) => {
        await store.put(`k${i}`, i).then(
          () => acknowledged.push(`k${i}`),
          (error: KeyValueError) => {
            failed++;
            expect(["unavailable", "timeout"]).toContain(error.code);
          },
        );
      };
      await Promise.all(Array.from({ length: 100 }, (_, i) => write(i)));
      const rest = Promise.all(Array.from({ length: 400 }, (_, i) => write(100 + i)));
      await server.stop("SIGKILL");
      await rest;
      expect(await codeOf(store.get("k1"))).toBe("unavailable");
      expect(failed).toBeGreaterThanOrEqual(1);
      await server.start();
      expect((await store.getMany(acknowledged)).filter((value) => value === null)).toEqual([]);
    });
  });
}
