import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "#test";
import { blocksOf, root } from "../docs/blocks.ts";
import { sources } from "../docs/sources.mjs";

const folder = mkdtempSync(join(tmpdir(), "ekv-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bin = (name: string) => join(root, "node_modules/.bin", name);
/** How the package's name leads to the sources; a reader has installed it instead. */
const toSources: Record<string, string[]> = {
  node: ["--import", join(root, "test/docs/resolve.mjs")],
  bun: [],
  deno: ["--no-lock", "--config", "deno.json"],
};

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Asks until the server has started. */
async function visit(port: number, server: ChildProcess): Promise<string> {
  while (server.exitCode === null) {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (response) return response.text();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server ended with ${server.exitCode}`);
}

describe("the server of the page", () => {
  for (const runtime of ["node", "bun", "deno"]) {
    it(`docs/start/${runtime}.md goes on where it was when it starts again`, async () => {
      const blocks = blocksOf(`docs/start/${runtime}.md`);
      const own = join(folder, runtime);
      writeModule(own, blocks.find(({ file }) => file === "main.ts")?.code ?? "");
      const command = blocks.map(({ code }) => code.trim()).find((code) => code.endsWith(" main.ts")) ?? "";
      const [name = "", ...args] = command.split(" ");
      expect(name).toBe(runtime);
      const at = args.indexOf("run") + 1;
      args.splice(at, 0, ...(toSources[runtime] as string[]));

      const port = await freePort();
      const env = { ...process.env, PORT: `${port}`, DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` };
      const seen: string[] = [];
      for (let start = 0; start < 2; start++) {
        const server = spawn(bin(name), args, { cwd: own, env, stdio: "ignore" });
        const ended = new Promise((resolve) => server.once("exit", resolve));
        try {
          for (let i = 0; i < 2; i++) seen.push(await visit(port, server));
        } finally {
          server.kill("SIGKILL");
          await ended;
        }
      }
      expect(seen).toEqual([1, 2, 3, 4].map((count) => `You are visitor ${count}.\n`));
    });
  }
});

function writeModule(own: string, code: string): void {
  const imports = JSON.stringify({ nodeModulesDir: "manual", imports: sources });
  const paths = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, [source]]));
  mkdirSync(own);
  writeFileSync(join(own, "package.json"), '{ "type": "module" }');
  writeFileSync(join(own, "deno.json"), imports);
  writeFileSync(join(own, "tsconfig.json"), JSON.stringify({ compilerOptions: { paths } }));
  writeFileSync(join(own, "main.ts"), code);
}
