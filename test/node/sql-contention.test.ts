/** Updates of one key by many callers at once, in databases. */
import { createClient } from "@libsql/client";
import { afterAll, describe } from "#test";
import { libsqlStore } from "../../src/adapters/libsql.ts";
import { sqliteStore } from "../../src/adapters/sqlite.ts";
import { countingDrivers, throughEncrypt, updatesSucceed } from "../support/contention.ts";
import { sqlite } from "../support/sqlite.ts";

describe("SQL stores", () => {
  const database = sqlite?.open();
  const client = createClient({ url: "file::memory:" });
  afterAll(() => {
    database?.close();
    client.close();
  });

  updatesSucceed("SQLite", (work) => work(countingDrivers(() => sqliteStore(database as never))));
  updatesSucceed("libSQL", (work) => work(countingDrivers(() => libsqlStore(client))));
  updatesSucceed(
    "SQLite through encrypt",
    throughEncrypt((work) => work(countingDrivers(() => sqliteStore(database as never)))),
  );
});
