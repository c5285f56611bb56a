import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { type DurableObjects, type DurableObjectsStub, durableObjectStore } from "../../src/adapters/durable-object.ts";
import { retry } from "../../src/wrappers/retry.ts";
import { randomOf } from "../support/chaos.ts";
import { holdsFor, overlaps, record, seeds } from "../support/histories.ts";
import { ownClocks } from "../support/own-clocks.mjs";
import { encrypted } from "../support/stacks.mjs";
import { type Fault, objects } from "./objects.ts";

// The clock is moved instead of waiting for it; the objects of these tests run in the same isolate, with the right clock.
const { pass, as } = ownClocks();

const gone = () => Object.assign(new Error("the object went away"), { retryable: true });

/** Stops an object as the platform does: what it had in memory is lost, what it had stored stays. */
async function restart(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, (_, state) => state.abort("restarted by a test")).catch(() => {});
}

/** Calls that throw as the platform does when an object goes away: before they have happened, or after. */
function failing(seed: number, { before = 0, after = 0 }, seen: { lost: number }): Fault {
  const random = randomOf(seed);
  return async (_, proceed) => {
    const draw = random();
    if (draw < before) throw gone();
    const answer = await proceed();
    if (draw > 1 - after) {
      seen.lost++;
      throw gone();
    }
    return answer;
  };
}

for (const shards of [1, 4]) {
  describe(`operations of concurrent isolates on Durable Objects, shards: ${shards}`, () => {
    it("are linearizable, though the clocks of clients are a minute ahead and behind", async () => {
      const namespace = objects(`histories over ${shards}`);
      const stores = [1, 2, 3].map(() => durableObjectStore(namespace, { shards }));
      const all = await holdsFor(5, (seed) => record({ seed, stores, collection: `${seed}`, pass, as }));
      expect(overlaps(all.slice(0, 120)) / 120).toBeGreaterThan(0.4);
    });

    it("are linearizable where objects restart at any time, and replies are lost", async () => {
      const seen = { restarts: 0 };
      const all = await holdsFor(seeds(6), (seed) => {
        const scope = `histories with restarts over ${shards}`;
        const random = randomOf(seed);
        const fault: Fault = async ({ object }, proceed) => {
          const draw = random();
          if (draw > 0.06) return await proceed();
          seen.restarts++;
          if (draw < 0.03) await proceed();
          await restart(namespace.stub(object));
          throw gone();
        };
        const namespace = objects(scope, { fault });
        const stores = [1, 2, 3].map(() => durableObjectStore(namespace, { shards }));
        return record({ seed, stores, collection: `${seed}`, pass, as });
      });
      expect(seen.restarts).toBeGreaterThan(30);
      console.log(`${all.length} operations, ${seen.restarts} restarts`);
      expect(all.filter(({ outcome }) => outcome === "unknown").length / all.length).toBeLessThan(0.3);
    });

    // Which object keeps an entry makes no difference to the rest.
    if (shards > 1) return;

    it("are linearizable through encrypt over compress over prefixKeys", async () => {
      const namespace = objects(`histories of stacks over ${shards}`);
      const stores = [1, 2, 3].map(() => encrypted(durableObjectStore(namespace, { shards })));
      await holdsFor(5, (seed) => record({ seed, stores, collection: `${seed}`, pass }));
    });

    it("are linearizable where objects go away before or after they did what they were asked", async () => {
      const seen = { lost: 0 };
      const all = await holdsFor(10, (seed) => {
        const fault = failing(seed, { before: 0.1, after: 0.15 }, seen);
        const namespace = objects(`histories with faults over ${shards}`, { fault });
        const stores = [1, 2, 3].map(() => durableObjectStore(namespace, { shards }));
        return record({ seed, stores, collection: `${seed}`, pass });
      });
      expect(seen.lost).toBeGreaterThan(100);
      expect(all.filter(({ outcome }) => outcome === "unknown").length).toBeGreaterThan(100);
    });

    it("would not be without the ids of swaps, which tell one that is sent again from another", async () => {
      const run = holdsFor(30, (seed) => {
        const namespace = objects(`histories without ids over ${shards}`, {
          fault: failing(seed, { after: 0.15 }, { lost: 0 }),
        });
        const forgetful: DurableObjects = {
          ...namespace,
          get: (...where) => {
            const { id, keyValue } = namespace.get(...where) as Required<DurableObjectsStub>;
            /** The same call under another id. */
            const renewed = (operation: string, args: readonly unknown[]) => {
              if (operation === "outcome") return [...args.slice(0, 2), crypto.randomUUID()];
              const atomic = operation === "swap" || operation === "apply";
              return atomic ? [...args.slice(0, 3), { id: crypto.randomUUID() }] : args;
            };
            return {
              id,
              keyValue: (shards, claimed, operation, args) =>
                keyValue(shards, claimed, operation, renewed(operation, args) as never),
            };
          },
        };
        const stores = [1, 2].map(() => durableObjectStore(forgetful, { shards }));
        return record({ seed, stores, collection: `${seed}`, pass });
      });
      expect(await run.catch((error: Error) => error.message)).toContain("no order");
    });

    it("are linearizable under retry where replies are lost", async () => {
      const seen = { lost: 0 };
      const all = await holdsFor(8, (seed) => {
        const namespace = objects(`histories under retry over ${shards}`, {
          fault: failing(seed, { after: 0.2 }, seen),
        });
        const stores = [1, 2, 3].map(() =>
          retry(durableObjectStore(namespace, { shards }), { retries: 20, minDelay: 0 }),
        );
        return record({ seed, stores, collection: `${seed}`, pass, again: true });
      });
      expect(seen.lost).toBeGreaterThan(50);
      // A swap is sent again once, under the same id; the rest until it is answered.
      const unknown = all.filter(({ outcome }) => outcome === "unknown").length / all.length;
      expect(unknown).toBeLessThan(0.1);
    });
  });
}
