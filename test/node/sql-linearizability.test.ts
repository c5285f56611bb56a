import { createClient } from "@libsql/client";
import { afterAll, describe, it } from "#test";
import { libsqlStore } from "../../src/adapters/libsql.ts";
import { sqliteStore } from "../../src/adapters/sqlite.ts";
import { movedClock } from "../support/clock.ts";
import { holdsFor, jitteredStore, record, seeds } from "../support/histories.ts";
import { sqlite } from "../support/sqlite.ts";

const pass = movedClock();

describe("operations of concurrent clients", () => {
  const database = sqlite?.open();
  const client = createClient({ url: ":memory:" });
  afterAll(() => {
    database?.close();
    client.close();
  });

  it("are linearizable on SQLite", async () => {
    const store = (seed: number) => jitteredStore(sqliteStore(database as never), seed);
    await holdsFor(seeds(20), (seed) =>
      record({ seed, stores: [store(seed), store(seed + 1)], collection: `${seed}`, pass }),
    );
  });

  it("are linearizable on libSQL, which has a clock of its own", async () => {
    const store = () => libsqlStore(client);
    await holdsFor(seeds(20), (seed) =>
      record({ seed, stores: [store(), store(), store()], collection: `${seed}`, operations: 20 }),
    );
  });
});
