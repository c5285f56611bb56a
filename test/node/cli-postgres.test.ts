import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "#test";
import { counted, dump, linesOf, numbered, useCommand } from "../support/command.ts";
import { postgresPrograms, startPostgres } from "../support/postgres.ts";

const { path, run } = useCommand();

describe("edge-key-value over PostgreSQL", () => {
  if (!postgresPrograms) {
    it.skip("needs PostgreSQL: apt-get install postgresql", () => {});
    return;
  }
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres(postgresPrograms as string);
  });
  afterAll(() => server.remove());

  for (const client of ["pg", "postgres"]) {
    it(`uses the package ${client} of the folder that it runs in`, async () => {
      mkdirSync(path("node_modules"), { recursive: true });
      symlinkSync(resolve("node_modules", client), path(`node_modules/${client}`));
      const store = `postgres://postgres:hidden@127.0.0.1:${server.port}/postgres`;
      const env = { EDGE_KEY_VALUE_STORE: store };
      const table = ["--table", `by_${client}`];
      const put = await run(["put", "k", '{"a":[1]}', "--ttl", "100", ...table], { env });
      expect([put.code, put.err.includes("hidden")]).toEqual([0, false]);
      const got = await run(["get", "k", "--json", ...table], { env });
      expect(linesOf(got.out)).toEqual([expect.objectContaining({ key: "k", value: { a: [1] } })]);
      const list = await run(["list", ...table], { env });
      expect([list.code, list.out]).toEqual([0, expect.stringMatching(/^k +1m \d+s +9$/m)]);
      const copied = await run(["copy", "--from", "-", "--to", store, "--overwrite"], { input: dump(numbered(30)) });
      expect([copied.code, counted(copied, "verified"), copied.err.includes("hidden")]).toEqual([0, 30, false]);
      const gone = await run(["delete", "k", "--yes", ...table], { env });
      expect([gone.code, (await run(["get", "k", ...table], { env })).code]).toEqual([0, 1]);
      rmSync(path(`node_modules/${client}`));
    });
  }
});
