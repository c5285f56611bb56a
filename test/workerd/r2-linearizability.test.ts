import { env } from "cloudflare:workers";
import { describe, expect, it } from "#test";
import { type R2Client, r2Store } from "../../src/adapters/r2.ts";
import { randomOf } from "../support/chaos.ts";
import { movedClock } from "../support/clock.ts";
import { countingDrivers, updatesSucceed } from "../support/contention.ts";
import { holdsFor, record, seeds } from "../support/histories.ts";

const { BUCKET } = env as { BUCKET: R2Bucket };
const pass = movedClock();

/** A bucket that refuses some writes, and loses the replies of others. */
function unreliable(seed: number, seen: { lost: number; refused: number }): R2Client {
  const random = randomOf(seed);
  const fault = async <T>(call: () => Promise<T>): Promise<T> => {
    const draw = random();
    if (draw < 0.03) seen.refused++;
    else {
      const result = await call();
      if (draw < 0.94) return result;
      seen.lost++;
    }
    throw Object.assign(new Error("Network connection lost."), { retryable: true });
  };
  return {
    head: (key) => BUCKET.head(key),
    get: (key) => BUCKET.get(key),
    put: (key: string, value: string, options: R2PutOptions) => fault(() => BUCKET.put(key, value, options)),
    delete: (keys) => fault(() => BUCKET.delete(keys)),
    list: (options) => BUCKET.list(options),
  } as R2Client;
}

describe("operations of concurrent clients on R2", () => {
  it("are linearizable, though writes fail and replies are lost", async () => {
    const seen = { lost: 0, refused: 0 };
    const all = await holdsFor(seeds(2), (seed) => {
      const stores = [1, 2, 3].map((i) => r2Store(unreliable(seed * 3 + i, seen), { keyPrefix: "histories" }));
      return record({ seed, stores, collection: `${seed}`, pass, looksFirst: true });
    });
    console.log(`${all.length} operations, ${JSON.stringify(seen)}`);
    expect(Math.min(seen.lost, seen.refused)).toBeGreaterThan(0);
  });
});

// The simulator's bucket takes seconds for this.
if (seeds(0) > 0)
  updatesSucceed("R2", (work) => work(countingDrivers(() => r2Store(BUCKET, { keyPrefix: "contention" }))));
