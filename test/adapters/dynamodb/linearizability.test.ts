import { describe, expect, it } from "#test";
import { randomOf } from "../../support/chaos.ts";
import { movedClock } from "../../support/clock.ts";
import { openTable } from "../../support/dynamo.ts";
import { fewer, holdsFor, overlaps, record, seeds } from "../../support/histories.ts";

const pass = movedClock();

describe("operations of concurrent clients on DynamoDB", () => {
  it("are linearizable", async () => {
    const table = await openTable();
    const stores = [table.store(), table.store(), table.store()];
    const all = await holdsFor(seeds(fewer(3)), (seed) => record({ seed, stores, collection: `${seed}`, pass }));
    expect(overlaps(all.slice(0, 120)) / 120).toBeGreaterThan(0.4);
  });

  it("are linearizable where requests and replies are lost, and never executed twice", async () => {
    const table = await openTable();
    const stores = [table.store(), table.store(), table.store()];
    const all = await holdsFor(seeds(fewer(3)), (seed) => {
      const random = randomOf(seed);
      table.fault = async (_, send) => {
        const draw = random();
        if (draw < 0.05) throw new TypeError("the request was lost");
        const response = await send();
        if (draw < 0.2) throw new TypeError("the reply was lost");
        return response;
      };
      return record({ seed, stores, collection: `${seed}`, pass });
    });
    expect(all.filter(({ outcome }) => outcome === "unknown").length / all.length).toBeGreaterThan(0.05);
  });
});
