import { expect, it } from "#test";
import { together } from "../../src/core/together.ts";
import { KeyValueError } from "../../src/index.ts";

it("a bulk of any size names the keys that failed", async () => {
  const keys = Array.from({ length: 300_000 }, (_, i) => `${i}`);
  const down = async (): Promise<never> => {
    throw new KeyValueError("unavailable", "down");
  };
  const bulk = together([
    [keys, down],
    [["other"], async () => {}],
  ]);
  const error = (await bulk.catch((error: unknown) => error)) as KeyValueError;
  expect([error.code, error.failed?.length]).toEqual(["unavailable", keys.length]);
});
