import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import { type AnyDriver, createStore, type Driver, KeyValueError, toDriver } from "../../src/index.ts";
import { randomOf } from "../support/chaos.ts";
import { movedClock } from "../support/clock.ts";
import { holdsFor, record, seeds } from "../support/histories.ts";
import { bindings } from "./objects.ts";

const pass = movedClock();

/** Runs each call inside of an object, which now and then restarts before or after it. */
function remote(stub: DurableObjectStub, seed: number, seen: { restarts: number }): Driver<"swap"> {
  const random = randomOf(seed);
  const restart = () =>
    runInDurableObject(stub, (_, state) => state.abort("restarted by a test")).catch(() => {
      seen.restarts++;
    });
  const inside =
    (name: keyof AnyDriver) =>
    async (...args: unknown[]): Promise<never> => {
      const draw = random();
      if (draw < 0.02) await restart();
      try {
        const result = await runInDurableObject(stub, (_, { storage }) => {
          const driver = toDriver(durableObjectStorageStore(storage));
          return (driver[name as "read"] as (...all: unknown[]) => unknown)(...args);
        });
        if (draw > 0.98) await restart();
        return result as never;
      } catch (error) {
        throw error instanceof KeyValueError ? error : new KeyValueError("unavailable", String(error));
      }
    };
  return {
    name: "inside",
    consistency: "strong",
    operations: { has: () => true },
    apply: inside("apply"),
    read: inside("read"),
    write: inside("write"),
    remove: inside("remove"),
    swap: inside("swap"),
  };
}

describe("operations of concurrent clients in the storage of an object", () => {
  it("are linearizable, though the object restarts at any time", async () => {
    const seen = { restarts: 0 };
    const all = await holdsFor(seeds(10), (seed) => {
      const stub = bindings.OWN.get(bindings.OWN.idFromName(`histories ${seed}`));
      return record({ seed, stores: [createStore(remote(stub, seed, seen))], pass });
    });
    expect(seen.restarts).toBeGreaterThan(20);
    console.log(`${all.length} operations, ${seen.restarts} restarts`);
  });
});
