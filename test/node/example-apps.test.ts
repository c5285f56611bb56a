/** The examples that need no package but ours, on the sources. `npm run examples` runs all of them as a user installs them. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestHarness } from "wrangler";
import { afterAll, describe, expect, it } from "#test";
import { root } from "../../scripts/entries.mjs";
import { sources } from "../docs/sources.mjs";
import * as bun from "../examples/bun.ts";
import type { Send } from "../examples/client.ts";
import * as deno from "../examples/deno.ts";
import * as express from "../examples/express.ts";
import * as hono from "../examples/hono.ts";
import * as mcp from "../examples/mcp.ts";
import { startUpstream } from "../examples/upstream.ts";

type Check = (send: Send) => Promise<void>;

/** Serves a Worker in the simulator. `examples/tsconfig.json` leads from the package's name to its sources. */
async function inWorkerd(example: string, check: Check): Promise<void> {
  const harness = createTestHarness({ workers: [{ configPath: join(root, "examples", example, "wrangler.jsonc") }] });
  try {
    const { url } = await harness.listen();
    await check((path, init) => fetch(new URL(path, url), init));
  } finally {
    await harness.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), "edge-key-value-example-"));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Runs a server that prints its address. */
async function inProcess([command, ...args]: readonly [string, ...string[]], check: Check): Promise<void> {
  const upstream = await startUpstream();
  const env = {
    ...process.env,
    PORT: "0",
    DATABASE: join(folder, `${command}.db`),
    RATES_API: upstream.url,
    DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
  };
  const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    const origin = await new Promise<string>((resolve, reject) => {
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
          const [, url] = /Listening on (http:\S+?)\/?\s/.exec(output) ?? [];
          if (url) resolve(url);
        });
      }
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`${command} ended with ${code}\n${output}`)));
    });
    await check((path, init) => fetch(origin + path, init));
  } finally {
    child.kill();
    await ended;
    upstream.close();
  }
}

describe("the example for", () => {
  it("Hono on Workers does what its page says", () => inWorkerd("hono", hono.check));

  it("an MCP server with OAuth does what its page says", () => inWorkerd("mcp", mcp.check));

  const resolve = ["--disable-warning=ExperimentalWarning", "--import", join(root, "test/docs/resolve.mjs")];
  it("Express does what its page says", () =>
    inProcess(["node", ...resolve, join(root, "examples/express/server.ts")], express.check));

  it("Bun does what its page says", () => inProcess(["bun", join(root, "examples/bun/server.ts")], bun.check));

  it("Deno, which Deno type-checks, does what its page says", () => {
    const config = join(folder, "deno.json");
    writeFileSync(config, JSON.stringify({ nodeModulesDir: "manual", unstable: ["kv"], imports: sources }));
    const options = ["--check", "--allow-all", "--no-lock", "--config", config];
    return inProcess(["deno", "run", ...options, join(root, "examples/deno/main.ts")], deno.check);
  });
});

describe("the folder of examples", () => {
  const text = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
  const names = readdirSync(join(root, "examples"), { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map(({ name }) => name);
  const { version } = JSON.parse(text("package.json"));

  it("has a row and a check for each example", () => {
    const rows = text("docs/examples.md");
    expect(names.filter((name) => !rows.includes(`../examples/${name}/README.md`))).toEqual([]);
    expect(names.filter((name) => !existsSync(join(root, "test/examples", `${name}.ts`)))).toEqual([]);
  });

  it("starts each example by one command, with this version of the package", () => {
    for (const name of names) {
      const { scripts, dependencies } = JSON.parse(text("examples", name, "package.json"));
      expect([name, typeof scripts.start, dependencies["edge-key-value"]]).toEqual([name, "string", `^${version}`]);
    }
  });

  it("links to files that exist", () => {
    const missing = names.flatMap((name) =>
      [...text("examples", name, "README.md").matchAll(/\]\((?!\w+:)([^)#\s]+)[^)]*\)/g)]
        .map(([, target]) => join("examples", name, decodeURI(target!)))
        .filter((target) => !existsSync(join(root, target))),
    );
    expect(missing).toEqual([]);
  });
});
