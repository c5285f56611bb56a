import { expect, it } from "#test";
import { upstashStore } from "../../src/adapters/upstash.ts";
import { randomOf } from "../support/chaos.ts";
import { fewer, holdsFor, overlaps, record, seeds } from "../support/histories.ts";
import { ownClocks } from "../support/own-clocks.mjs";
import { encrypted } from "../support/stacks.mjs";
import { type Database, describeWithRedis, type Fault, openDatabase } from "../support/upstash.ts";

// Both clocks are moved instead of waiting for them: that of this process, and the countdowns in Redis.
// Clients have clocks of their own.
const { pass, as } = ownClocks();
const passIn = (db: Database) => async (seconds: number) => {
  pass(seconds);
  const script = `
    for _, key in ipairs(redis.call('KEYS', '*')) do
      local left = redis.call('PTTL', key)
      if left > 0 then redis.call('PEXPIRE', key, math.max(0, left - ARGV[1] * 1000)) end
    end`;
  await db.redis("EVAL", script, 0, seconds);
};

/** What happens to requests, drawn from a seed; more than a history makes. */
function faultsOf(seed: number, share: { lost: number; refused: number }): Fault[] {
  const random = randomOf(seed);
  return Array.from({ length: 2000 }, () => {
    const draw = random();
    return draw < share.lost ? "lost" : draw < share.lost + share.refused ? "refused" : null;
  });
}

/** Clients of several isolates on one database. */
const stores = (db: Database) =>
  [true, false, true].map((automaticDeserialization) =>
    upstashStore(db.client({ automaticDeserialization, retry: { retries: 20, backoff: () => 1 } })),
  );

describeWithRedis("operations of concurrent clients on Upstash", () => {
  it("are linearizable, though the clocks of clients are a minute ahead and behind", async () => {
    const db = await openDatabase();
    const all = await holdsFor(fewer(5), (seed) =>
      record({ seed, stores: stores(db), collection: `${seed}`, pass: passIn(db), as }),
    );
    expect(overlaps(all.slice(0, 120)) / 120).toBeGreaterThan(0.4);
  });

  it("are linearizable where replies are lost and requests refused, and the client sends them again", async () => {
    const db = await openDatabase();
    await db.requests();
    const all = await holdsFor(seeds(fewer(6)), async (seed) => {
      await db.faults(faultsOf(seed, { lost: 0.2, refused: 0.05 }));
      return record({ seed, stores: stores(db), collection: `${seed}`, pass: passIn(db), as });
    });
    // Nearly all got through in the end, though many requests have failed.
    expect(all.filter(({ outcome }) => outcome === "unknown").length / all.length).toBeLessThan(0.01);
    expect((await db.requests()).length).toBeGreaterThan(all.length * 1.25);
  });

  it("would not be without receipts, which tell a command that is sent again from another", async () => {
    const db = await openDatabase();
    const forgetful = stores(db).map((_, i) => {
      const client = db.client({ automaticDeserialization: i === 0, retry: { retries: 20, backoff: () => 1 } });
      return upstashStore({
        exec: ([name, script = "", ...args]) =>
          client.exec([name, script.replaceAll(/if known\[1\].* then/g, "if false then"), ...args]),
      });
    });
    const run = holdsFor(30, async (seed) => {
      await db.faults(faultsOf(seed, { lost: 0.2, refused: 0 }));
      return record({ seed, stores: forgetful, collection: `${seed}`, pass: passIn(db) });
    });
    expect(await run.catch((error: Error) => error.message)).toContain("no order");
  });

  it("are linearizable through encrypt over compress over prefixKeys, with lost replies", async () => {
    const db = await openDatabase();
    const stacks = stores(db).map(encrypted);
    await holdsFor(fewer(8), async (seed) => {
      await db.faults(faultsOf(seed, { lost: 0.2, refused: 0 }));
      return record({ seed, stores: stacks, collection: `${seed}`, pass: passIn(db) });
    });
  });
});
