import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "#test";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "edge-key-value-dates-"));

/** Runs in workerd, without anything of a test runner; what it throws fails the test. */
const WORKER = `
import { durableObjectStore } from "./src/adapters/durable-object.ts";
export { KeyValueObject } from "./src/adapters/key-value-object.ts";
export { KeyValueObject as WithoutSqlite } from "./src/adapters/key-value-object.ts";

async function expectCode(work, code) {
  const error = await work.then(() => ({ code: "none" }), (error) => error);
  if (error.name !== "KeyValueError" || error.code !== code) throw new Error("expected " + code + ", not " + error.code);
}

export default {
  async test(_, env) {
    if (env.DATE < "2024-04-03") return expectCode(durableObjectStore(env.OBJECTS).get("k"), "misconfigured");
    const store = durableObjectStore(env.OBJECTS, { shards: 2 });
    await store.putMany([["k", { a: [1] }], ["\\ud83d", "x"], ["n", 1]]);
    const found = JSON.stringify(await store.getMany(["k", "\\ud83d", "missing"]));
    if (found !== '[{"a":[1]},"x",null]') throw new Error("read " + found);
    if (await store.increment("n") !== 2) throw new Error("counted wrong");
    if (await store.take("k") === null || await store.take("k") !== null) throw new Error("taken wrong");
    await expectCode(durableObjectStore(env.OBJECTS).get("k"), "misconfigured");
    await expectCode(durableObjectStore(env.WITHOUT).get("k"), "misconfigured");
    await expectCode(store.put("k", "x".repeat(2_000_000)), "too_large");
  },
};`;

const config = (date: string) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .main), (name = "disk", disk = (path = "${folder}", writable = true))]);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${date}",
  durableObjectNamespaces = [
    (className = "KeyValueObject", uniqueKey = "one-${date}", enableSql = true),
    (className = "WithoutSqlite", uniqueKey = "two-${date}"),
  ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [
    (name = "DATE", text = "${date}"),
    (name = "OBJECTS", durableObjectNamespace = "KeyValueObject"),
    (name = "WITHOUT", durableObjectNamespace = "WithoutSqlite"),
  ],
);`;

async function testUnder(date: string): Promise<string> {
  const path = join(folder, `${date}.capnp`);
  writeFileSync(path, config(date));
  return (await run("node_modules/.bin/workerd", ["test", path], { timeout: 50_000 })).stderr;
}

describe("durableObjectStore under a compatibility date", () => {
  beforeAll(async () => {
    await build({
      stdin: { contents: WORKER, resolveDir: process.cwd() },
      bundle: true,
      format: "esm",
      external: ["cloudflare:workers"],
      outfile: join(folder, "worker.js"),
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const date of ["2024-04-03", "2025-06-01", "2025-11-01"]) {
    it(`of ${date} works, and its errors keep their codes`, async () => {
      expect(await testUnder(date)).toContain("[ PASS ]");
    });
  }

  it("from before RPC says so", async () => {
    expect(await testUnder("2023-05-18")).toContain("[ PASS ]");
  });
});
