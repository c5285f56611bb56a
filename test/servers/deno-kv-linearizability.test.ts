import { afterAll, describe, expect, it } from "#test";
import { type DenoKVAtomic, type DenoKVClient, denoKVStore } from "../../src/adapters/deno-kv.ts";
import { randomOf } from "../support/chaos.ts";
import { movedClock } from "../support/clock.ts";
import { countingDrivers, updatesSucceed } from "../support/contention.ts";
import { openKv } from "../support/deno-kv.ts";
import { holdsFor, record, seeds } from "../support/histories.ts";

const pass = movedClock();
const kv = await openKv(":memory:");
afterAll(() => kv.close());

/** A client that refuses some commits, and loses the replies of others. */
function unreliable(seed: number, seen: { lost: number; refused: number }): DenoKVClient {
  const random = randomOf(seed);
  const failure = () => new Error("error sending request: connection reset");
  const atomic = (): DenoKVAtomic => {
    const real = kv.atomic();
    const commit = real.commit.bind(real);
    real.commit = async () => {
      const draw = random();
      if (draw < 0.03) {
        seen.refused++;
        throw failure();
      }
      const result = await commit();
      if (draw < 0.94) return result;
      seen.lost++;
      throw failure();
    };
    return real;
  };
  return {
    get: (key, options) => kv.get(key, options),
    getMany: (keys, options) => kv.getMany(keys, options),
    list: (selector, options) => kv.list(selector, options),
    atomic,
  };
}

describe("operations of concurrent clients on Deno KV", () => {
  it("are linearizable, though commits fail and replies are lost", async () => {
    const seen = { lost: 0, refused: 0 };
    const all = await holdsFor(seeds(8), (seed) => {
      const stores = [1, 2, 3].map((i) => denoKVStore(unreliable(seed * 3 + i, seen), { keyPrefix: ["histories"] }));
      return record({ seed, stores, collection: `${seed}`, pass });
    });
    console.log(`${all.length} operations, ${JSON.stringify(seen)}`);
    expect(Math.min(seen.lost, seen.refused)).toBeGreaterThan(5);
  });
});

updatesSucceed("Deno KV", (work) => work(countingDrivers(() => denoKVStore(kv, { keyPrefix: ["contention"] }))));
