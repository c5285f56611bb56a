import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { afterAll, describe, expect, it } from "#test";
import { type LibSQLClient, libsqlStore } from "../../src/adapters/libsql.ts";
import { conformance } from "../../src/conformance/index.ts";
import type { KeyValueError } from "../../src/index.ts";
import { clockOff } from "../support/clock-off.ts";

const folder = mkdtempSync(join(tmpdir(), "edge-key-value-libsql-"));
const clients: { close(): void }[] = [];
afterAll(() => {
  for (const client of clients) client.close();
  rmSync(folder, { recursive: true });
});

/** A file in the folder, or a database in memory. */
function open(name?: string) {
  const client = createClient({ url: name ? `file:${join(folder, name)}` : ":memory:" });
  clients.push(client);
  return client;
}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: KeyValueError) => error.code,
  );

const shared = open();
conformance({ describe, it, expect }, "libsqlStore", () => libsqlStore(shared), {
  capabilities: ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"],
  ordered: true,
  // Deadlines travel as the time that is left.
  ttlGranularity: 0.1,
});

describe("libsqlStore", () => {
  it("goes by the clock of the database, whatever that of the caller says", async () => {
    await clockOff(() => libsqlStore(shared), expect);
  });

  it("takes part in a transaction of the client", async () => {
    const client = open("transaction.db");
    const store = libsqlStore(client);
    await store.put("k", 1);
    const transaction = await client.transaction("write");
    const inside = libsqlStore(transaction);
    await inside.increment("k");
    await inside.putMany([
      ["k", 5],
      ["l", 6],
    ]);
    expect(await inside.getMany(["k", "l"])).toEqual([5, 6]);
    await transaction.rollback();
    expect(await store.getMany(["k", "l"])).toEqual([1, null]);
  });

  it("takes a row whose time is too large for a number as damaged, and reads the others", async () => {
    const client = open("times.db");
    const store = libsqlStore(client, { onCorrupt: "miss" });
    await store.putMany([
      ["k", 1],
      ["l", 2],
    ]);
    await client.execute("UPDATE edge_key_value SET created_at = 9223372036854775807 WHERE key = 'k'");
    expect(await store.ttlMany(["l", "k"])).toEqual([{ value: 2, ttl: null }, null]);
    expect(await codeOf(libsqlStore(client).ttlMany(["l", "k"]))).toBe("corrupted");
  });

  it("says what failed", async () => {
    writeFileSync(join(folder, "damaged.db"), "this is not a database, ".repeat(100));
    expect(await codeOf(libsqlStore(open("damaged.db")).get("k"))).toBe("corrupted");
    const locked = open("locked.db");
    await libsqlStore(locked).put("k", 1);
    const other = await open("locked.db").transaction("write");
    await other.execute("DELETE FROM edge_key_value");
    expect(await codeOf(libsqlStore(locked).put("k", 2))).toBe("unavailable");
    await other.rollback();
    const closed = open("closed.db");
    closed.close();
    expect(await codeOf(libsqlStore(closed).get("k"))).toBe("unavailable");
    const unreachable = createClient({ url: "http://127.0.0.1:1", authToken: "hunter2" });
    expect(await codeOf(libsqlStore(unreachable).get("k"))).toBe("unavailable");

    for (const [code, error] of [
      ["unauthorized", { code: "SERVER_ERROR", message: "Server returned HTTP status 401" }],
      ["rate_limited", { code: "SERVER_ERROR", message: "Server returned HTTP status 429" }],
      ["unavailable", { code: "SERVER_ERROR", message: "Server returned HTTP status 502" }],
      ["unavailable", { code: "HRANA_WEBSOCKET_ERROR", message: "socket" }],
      ["full", { code: "BLOCKED", message: "SQL write operations are forbidden" }],
      ["full", { code: "SQLITE_FULL", message: "SQLITE_FULL: database or disk is full" }],
      ["read_only", { code: "SQLITE_READONLY", message: "attempt to write a readonly database" }],
      ["backend", { code: "SQLITE_ERROR", message: "something else" }],
    ] as const) {
      const fail = () => Promise.reject(Object.assign(new Error(error.message), { code: error.code }));
      const store = libsqlStore({ execute: fail, batch: fail });
      expect([error.message, await codeOf(store.get("k")), await codeOf(store.take("k"))]).toEqual([
        error.message,
        code,
        code,
      ]);
    }
  });

  it("refuses what is no client", () => {
    for (const wrong of [undefined, null, {}, "file:data.db"]) {
      expect(() => libsqlStore(wrong as LibSQLClient)).toThrow(TypeError);
    }
  });
});
