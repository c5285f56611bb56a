import pg from "pg";
import postgres from "postgres";
import { afterAll, describe, expect, it } from "#test";
import { postgresStore } from "../../src/adapters/postgres.ts";
import { randomOf } from "../support/chaos.ts";
import { cuttingProxy } from "../support/cutting-proxy.ts";
import { holdsFor, record, seeds } from "../support/histories.ts";
import { ownClocks } from "../support/own-clocks.mjs";
import { postgresPrograms, startPostgres } from "../support/postgres.ts";

const title = "operations of concurrent clients on PostgreSQL";
if (!postgresPrograms) describe(title, () => it.skip("needs PostgreSQL: apt-get install postgresql", () => {}));
else await histories(postgresPrograms);

async function histories(programs: string): Promise<void> {
  const { pass, as } = ownClocks();
  const server = await startPostgres(programs);
  const proxy = await cuttingProxy(server.port, { requests: 0.04, replies: 0.04 }, randomOf(1));
  const at = { host: "127.0.0.1", user: "postgres", database: "postgres" };
  const admin = new pg.Pool({ ...at, port: server.port, max: 1 });
  admin.on("error", () => {});
  const pool = new pg.Pool({ ...at, port: proxy.port, max: 4 });
  // With one request at a time, what has failed does not happen later. If a connection breaks while postgres.js loads types, it
  // leaves the rejection unhandled. After a break it may send nothing on the next connection until the timeout.
  const options = { max_pipeline: 1, fetch_types: false, connect_timeout: 1, backoff: () => 0, onnotice: () => {} };
  const sql = postgres({ ...at, port: server.port, max: 4, ...options });
  afterAll(async () => {
    await Promise.all([admin.end(), pool.end(), sql.end({ timeout: 1 })]);
    await proxy.close();
    await server.remove();
  });

  /** Lets time pass for the clients, and for the deadlines in the table. */
  async function shift(seconds: number): Promise<void> {
    pass(seconds);
    // Only where there is a deadline: an update makes another version of a row.
    const text = "UPDATE kv_store SET expires_at = expires_at - make_interval(secs => $1) WHERE expires_at IS NOT NULL";
    await admin.query(text, [seconds]);
  }

  async function endConnections(): Promise<void> {
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
  }

  describe(title, () => {
    it("are linearizable, though connections break, the server is killed, and the clocks of clients differ", async () => {
      await postgresStore(admin).get("creates the table");
      const stores = [postgresStore(pool), postgresStore(sql), postgresStore(pool)];
      let ended = 0;
      let kills = 0;
      const all = await holdsFor(seeds(6), async (seed) => {
        const random = randomOf(seed);
        let trouble: Promise<void> = Promise.resolve();
        const endings = new Set(Array.from({ length: 3 }, () => 1 + Math.floor(random() * 150)));
        // Starting the server again takes most of the time of a history.
        const death = seed % 5 === 1 ? 1 + Math.floor(random() * 100) : undefined;
        let operations = 0;
        const restart = async () => {
          kills++;
          await server.stop("SIGKILL");
          await server.start();
        };
        const history = await record({
          seed,
          stores,
          collection: `${seed}`,
          pass: shift,
          async as(client, work) {
            const number = ++operations;
            // What is under way meets the trouble, and what comes later finds a server.
            const before = trouble;
            if (number === death) trouble = before.then(restart);
            else if (endings.has(number)) {
              ended++;
              trouble = before.then(endConnections);
            }
            await before;
            return as(client, work);
          },
        });
        await trouble;
        return history;
      });
      const unknown = all.filter(({ outcome }) => outcome === "unknown").length;
      console.log(
        `${all.length} operations, ${kills} kills, ${ended} ends, ${JSON.stringify(proxy.cuts)}, ${unknown} of unknown outcome`,
      );
      expect(kills).toBeGreaterThanOrEqual(1);
      expect(Math.min(proxy.cuts.requests, proxy.cuts.replies)).toBeGreaterThan(0);
    });
  });
}
