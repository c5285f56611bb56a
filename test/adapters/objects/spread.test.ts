import { expect, it } from "#test";
import { hashPlacement } from "../../../src/adapters/objects/placement.ts";
import { spread } from "../../../src/adapters/objects/spread.ts";

it("a bulk of any size that fails in an object names the keys that it keeps", async () => {
  const items = Array.from({ length: 300_000 }, (_, i) => ({ key: `${i}`, units: 5 }));
  const down = new Error("down");
  const send = async (): Promise<never> => {
    throw down;
  };
  const { error, failed } = await spread(hashPlacement(undefined, 1), "c", items, send);
  expect([error, failed.length]).toEqual([down, items.length]);
});
