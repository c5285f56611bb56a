import { describe, expect, it } from "#test";
import { counted, dump, linesOf, numbered, useCommand } from "../support/command.ts";
import { openTable, REGION } from "../support/dynamo.ts";

const { run } = useCommand();

describe("edge-key-value over DynamoDB", () => {
  const credentials = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "hidden", AWS_SESSION_TOKEN: "hidden" };

  it("reads, writes and copies entries", async () => {
    const table = await openTable();
    const store = `dynamodb://${table.name}?region=${REGION}&endpoint=${encodeURIComponent(table.endpoint)}`;
    const env = { ...credentials, EDGE_KEY_VALUE_STORE: store };
    expect((await run(["put", "k", '{"a":[1]}', "--ttl", "100"], { env })).code).toBe(0);
    expect(await table.store().get("k")).toEqual({ a: [1] });
    const got = await run(["get", "k", "--json"], { env });
    expect(linesOf(got.out)).toEqual([expect.objectContaining({ key: "k", value: { a: [1] } })]);
    const copied = await run(["copy", "--from", "-", "--to", store], { env, input: dump(numbered(30)) });
    expect([copied.code, counted(copied, "verified"), copied.err.includes("hidden")]).toEqual([0, 30, false]);
    expect((await run(["delete", "k", "--yes"], { env })).code).toBe(0);
    expect((await run(["get", "k"], { env })).code).toBe(1);
  });

  it("says what is missing", async () => {
    const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_REGION: "", AWS_DEFAULT_REGION: "" };
    for (const [address, env, words] of [
      ["dynamodb://entries", { ...none, ...credentials }, "a region"],
      ["dynamodb://?region=r", credentials, "a table"],
      ["dynamodb://entries?region=r", none, "AWS_ACCESS_KEY_ID"],
    ] as const) {
      const { code, err } = await run(["list", "--store", address], { env });
      expect([address, code, err.includes(words) ? words : err]).toEqual([address, 2, words]);
    }
  });
});
