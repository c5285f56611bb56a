import { describe, expect, it } from "#test";
import { publicFunctions } from "../docs/public-api.ts";

describe("the doc comments of public functions", () => {
  const functions = publicFunctions();

  it("are found in every folder that the package exports", () => {
    const folders = functions.map(({ file }) => file.split("/").slice(1, -1).join("/"));
    expect(folders).toEqual(expect.arrayContaining(["", "adapters", "combinators", "interop", "views", "wrappers"]));
  });

  it("have an @example in a fenced ts block", () => {
    const without = functions.filter(({ examples }) => !examples.some((text) => text.includes("```ts\n")));
    expect(without.map(({ name, file }) => `${name} of ${file}`)).toEqual([]);
  });
});
