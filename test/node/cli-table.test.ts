import { expect, it } from "#test";
import { tableOf } from "../../cli/table.ts";

it("a table of the command may have any number of rows", () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => [i]);
  const lines = tableOf(["BYTES"], rows).split("\n");
  expect([lines.length, lines[0], lines[1], lines[150_000]]).toEqual([150_002, "  BYTES", "      0", "149,999"]);
});
