import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createTestHarness } from "wrangler";
import { blocksOf, folder, type Module, root } from "./blocks.ts";
import { sources } from "./sources.mjs";

/** Runs a module of a document to its end on a runtime, and throws what it wrote when it fails. */
export async function execute(module: Module, runtime: string): Promise<void> {
  pointToSources();
  if (runtime === "workers") return fetchFromWorker(module);
  const file = withChecks(module);
  const commands: Record<string, string[]> = {
    node: ["node", "--disable-warning=ExperimentalWarning", "--import", join(root, "test/docs/resolve.mjs"), file],
    bun: ["bun", "run", file],
    deno: ["deno", "run", "--allow-all", "--no-lock", "--config", join(folder, "deno.json"), file],
  };
  const command = commands[runtime];
  if (!command) throw new Error(`There is no runtime "${runtime}"`);
  await spawned(command, dirname(file));
}

/** Imports modules on Node, all in one process, and returns what each that failed threw, by path. */
export async function executeTogether(modules: readonly Module[]): Promise<Map<string, string>> {
  pointToSources();
  const files = new Map(modules.map((module) => [withChecks(module), module.path]));
  const report = join(folder, "together.json");
  const preload = ["--disable-warning=ExperimentalWarning", "--import", join(root, "test/docs/resolve.mjs")];
  await spawned(["node", ...preload, join(root, "test/docs/execute-all.mjs"), report, ...files.keys()], folder);
  const failures: [string, string][] = Object.entries(JSON.parse(readFileSync(report, "utf8")));
  return new Map(failures.map(([file, failure]) => [files.get(file)!, failure]));
}

/** Lets Deno, and with the other file Bun and wrangler, find the sources by the package's name. */
function pointToSources(): void {
  const paths = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, [source]]));
  writeFileSync(join(folder, "deno.json"), JSON.stringify({ nodeModulesDir: "manual", imports: sources }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { paths } }));
}

/** Writes a copy in which `expression; // => value` is checked. */
function withChecks({ path }: Module): string {
  const lines = readFileSync(path, "utf8").split("\n");
  const checked = lines.map((line, index) => {
    const [, indent, statement, expected] = /^(\s*)(.+?);\s*\/\/ => (.+)$/.exec(line) ?? [];
    if (!statement) return line;
    const [, name] = /^(?:const|let) (\w+)\b/.exec(statement) ?? [];
    const check = (actual: string) => `__same(${actual}, ${expected}, ${index + 1});`;
    return name ? `${indent}${statement}; ${check(name)}` : `${indent}${check(statement)}`;
  });
  const file = path.replace(/(\.\w+)$/, ".run$1");
  const preamble = `import { same as __same } from ${JSON.stringify(join(root, "test/docs/same.mjs"))}; `;
  writeFileSync(file, preamble + checked.join("\n"));
  return file;
}

function spawned([command, ...args]: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: 50_000 });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}\n${output}`)),
    );
  });
}

/**
 * Serves a Worker with the bindings of the document's `toml` blocks, and asks it for its front page, which must be the
 * JSON of `return Response.json(…); // => json` where the document shows that.
 */
async function fetchFromWorker({ path, document }: Module): Promise<void> {
  const blocks = blocksOf(document).filter(({ language }) => language === "toml");
  const own = `name = "docs"\nmain = ${JSON.stringify(path)}\ncompatibility_date = "2026-11-01"\n`;
  const configPath = path.replace(/\.\w+$/, ".toml");
  // A block that only shows bindings gets the rest; one that is a whole file has what stands before its tables replaced.
  const bindings = blocks.map(({ code }) => {
    const [head = "", ...tables] = code.split(/^(?=\[)/m);
    return [head.replaceAll(/^(name|main|compatibility_date) = .*$/gm, ""), ...tables].join("");
  });
  writeFileSync(configPath, [own, ...bindings].join("\n"));
  const harness = createTestHarness({ workers: [{ configPath }] });
  try {
    await harness.listen();
    const response = await harness.fetch("/");
    const text = await response.text();
    const [, expected = text] = /return Response\.json\(.*\); \/\/ => (.+)$/m.exec(readFileSync(path, "utf8")) ?? [];
    if (!response.ok || text !== expected) throw new Error(`The Worker answers ${response.status}: ${text}`);
  } finally {
    await harness.close();
  }
}
