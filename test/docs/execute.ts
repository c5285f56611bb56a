import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import ts from "typescript";
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
export function pointToSources(): void {
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
 * Serves a Worker with the bindings of the document's `jsonc` or `toml` blocks, and requests its front page. The response must
 * be the JSON that the document shows: `return Response.json(…); // => json`.
 */
async function fetchFromWorker(module: Module): Promise<void> {
  const harness = createTestHarness({ workers: [{ configPath: configOf(module, entryOf(module)) }] });
  try {
    await harness.listen();
    const response = await harness.fetch("/");
    const text = await response.text();
    const code = readFileSync(module.path, "utf8");
    const [, expected = text] = /return Response\.json\(.*\); \/\/ => (.+)$/m.exec(code) ?? [];
    if (!response.ok || text !== expected) throw new Error(`The Worker answers ${response.status}: ${text}`);
  } finally {
    await harness.close();
  }
}

/** The file to start a Worker from: the module itself, or one that first replaces `fetch` by an upstream. */
function entryOf({ path, upstream }: Module): string {
  if (upstream === undefined) return path;
  const stub = path.replace(/\.ts$/, ".upstream.ts");
  const entry = path.replace(/\.ts$/, ".entry.ts");
  // The package says that its modules have no side effects; this one has.
  writeFileSync(join(dirname(path), "package.json"), '{ "type": "module" }');
  writeFileSync(stub, `globalThis.fetch = async () => new Response(${JSON.stringify(upstream)});\n`);
  const own = JSON.stringify(`./${basename(path)}`);
  writeFileSync(entry, `import "./${basename(stub)}";\nexport * from ${own};\nexport { default } from ${own};\n`);
  return entry;
}

/** Writes a Wrangler configuration for a module and returns its path. */
function configOf({ path, document }: Module, main: string): string {
  const own = { name: "docs", main, compatibility_date: "2025-11-01" };
  const blocks = blocksOf(document).filter(({ language }) => language === "jsonc");
  if (blocks.length > 0) {
    const config = path.replace(/\.\w+$/, ".json");
    const given = blocks.map(({ code }) => ts.parseConfigFileTextToJson(document, code).config);
    writeFileSync(config, JSON.stringify(Object.assign({}, ...given, own)));
    return config;
  }
  const config = path.replace(/\.\w+$/, ".toml");
  const lines = Object.entries(own).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const blocksOfToml = blocksOf(document).filter(({ language }) => language === "toml");
  // Above its tables, a block that is a whole file has the settings that are replaced here.
  const bindings = blocksOfToml.map(({ code }) => {
    const [head = "", ...tables] = code.split(/^(?=\[)/m);
    return [head.replaceAll(/^(name|main|compatibility_date) = .*$/gm, ""), ...tables].join("");
  });
  writeFileSync(config, [...lines, ...bindings].join("\n"));
  return config;
}
