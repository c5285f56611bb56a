// Packs the package as npm would publish it, installs it into an empty project, and runs program.mjs there on every runtime.
// Compiles declarations.ts there with every version of TypeScript that the package supports.
// Usage: node test/dist/run.mjs [report.xml]
// With EKV_BUILT=1 it packs `dist` as it is, for whoever has just built it.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { entries, needsWorkerd, root } from "../../scripts/entries.mjs";
import { writeJunit } from "../../scripts/junit.mjs";
import { inParallel, run } from "../../scripts/run.mjs";

const project = mkdtempSync(join(tmpdir(), "edge-key-value-dist-"));
const results = [];

const everywhere = entries().filter((entry) => !needsWorkerd(entry));
const subpaths = everywhere.map(({ subpath }) => subpath);

/** What the package is imported as, for a subpath such as "./combinators". */
const specifier = (subpath) => `edge-key-value${subpath.slice(1)}`;

async function must(command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")}\n${output}`);
}

async function install() {
  if (process.env.EKV_BUILT !== "1") await must("unbuild", []);
  await must("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project]);
  const tarball = readdirSync(project).find((file) => file.endsWith(".tgz"));
  const home = join(project, "node_modules", "edge-key-value");
  mkdirSync(home, { recursive: true });
  await must("tar", ["-xzf", join(project, tarball), "-C", home, "--strip-components=1"]);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  for (const file of ["program.mjs", "declarations.ts"]) cpSync(join(root, "test/dist", file), join(project, file));
  writeFileSync(
    join(project, "main.mjs"),
    `import { outcomes } from "./program.mjs";
const results = await outcomes(${JSON.stringify(subpaths)}, (subpath) => import("edge-key-value" + subpath.slice(1)));
console.log("RESULTS " + JSON.stringify(results));
`,
  );
  return home;
}

/** Runs a program that prints its outcomes, and notes them under the runtime's name. */
async function runOn(runtime, command, args, env = {}) {
  const { code, output } = await run(command, args, { cwd: project, env, seconds: 120 });
  const line = /^.*?RESULTS (\[.*\])\s*$/m.exec(output);
  const found = line ? JSON.parse(line[1]) : [];
  if (found.length === 0 || (code !== 0 && found.every(({ outcome }) => outcome === "passed"))) {
    found.push({ name: `the program ended with ${code}`, outcome: "failed", message: output });
  }
  results.push(...found.map((result) => ({ ...result, name: `${runtime}: ${result.name}` })));
}

/** The machine's own Node, where it is another than the one of the dependencies; the package supports Node 20 and newer. */
async function ownNode(ours) {
  const PATH = process.env.PATH.split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);
  const { code, output } = await run("node", ["--version"], { env: { PATH } });
  const version = output.trim().slice(1);
  return code === 0 && version !== ours ? { version, PATH } : undefined;
}

/** A workerd configuration with the packed files as modules, and without any Node compatibility. */
function workerdConfig(home) {
  const modules = [
    ["main.mjs", join(project, "workerd.mjs")],
    ["program.mjs", join(project, "program.mjs")],
  ];
  for (const file of readdirSync(join(home, "dist"), { recursive: true })) {
    const name = file.replaceAll("\\", "/");
    if (name.endsWith(".mjs") && !name.endsWith(".d.mts")) modules.push([`dist/${name}`, join(home, "dist", name)]);
  }
  const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const list = entries().map(({ subpath }) => subpath);
  list.forEach((subpath, index) => {
    const shim = join(project, `shim-${index}.mjs`);
    const up = "../".repeat(subpath.split("/").length - 1);
    writeFileSync(shim, `export * from "${up || "./"}${manifest.exports[subpath].default.slice(2)}";\n`);
    modules.push([specifier(subpath), shim]);
  });
  writeFileSync(
    join(project, "workerd.mjs"),
    `import { outcomes } from "./program.mjs";
${list.map((subpath, index) => `import * as m${index} from "${specifier(subpath)}";`).join("\n")}
const modules = { ${list.map((subpath, index) => `${JSON.stringify(subpath)}: m${index}`).join(", ")} };
export default {
  async test() {
    const results = await outcomes(Object.keys(modules), (subpath) => modules[subpath]);
    const compat = typeof process + typeof Buffer + (await import("node:buffer").then(() => "a module", () => ""));
    const outcome = compat === "undefinedundefined" ? "passed" : "failed";
    results.push({ name: "there is nothing of Node here", outcome, message: compat });
    console.log("RESULTS " + JSON.stringify(results));
  },
};
`,
  );
  const text = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .main)]);
const main :Workerd.Worker = (
  modules = [
${modules.map(([name, file]) => `    (name = "${name}", esModule = embed "${relative(project, file)}"),`).join("\n")}
  ],
  compatibilityDate = "2025-11-01",
  compatibilityFlags = ["no_nodejs_compat_v2", "no_nodejs_compat"],
);
`;
  writeFileSync(join(project, "workerd.capnp"), text);
}

/** The versions of TypeScript that the package supports, by the names that the dependencies give them. */
const compilers = [
  ["typescript-5.4", "bundler"],
  ["typescript-5.4", "nodenext"],
  ["typescript", "nodenext"],
  ["typescript-6", "bundler"],
  ["typescript-7", "bundler"],
  ["typescript-7", "nodenext"],
];

/** Compiles declarations.ts as a library with declarations of its own would. */
async function compileWith(compiler, moduleResolution) {
  const name = `${compiler}-${moduleResolution}`;
  const compilerOptions = {
    ...{ declaration: true, emitDeclarationOnly: true, outDir: name, strict: true, skipLibCheck: false, types: [] },
    // Without the libraries of `await using`, and without those of any runtime.
    ...{ target: "es2022", lib: ["es2022", "dom"] },
    ...{ module: moduleResolution === "nodenext" ? "nodenext" : "esnext", moduleResolution },
  };
  const config = join(project, `${name}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ["declarations.ts"] }));
  const { code, output } = await run("node", [join(root, "node_modules", compiler, "bin/tsc"), "-p", config]);
  const outcome = code === 0 ? "passed" : "failed";
  results.push({ name: `types: ${compiler} with ${moduleResolution}`, outcome, message: code === 0 ? "" : output });
}

/** Fails when declarations.ts lacks a function that the package exports. What only workerd can load is left out. */
async function allDeclared(home) {
  const text = readFileSync(join(root, "test/dist/declarations.ts"), "utf8");
  const { exports } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const missing = [];
  for (const subpath of subpaths) {
    const module = await import(pathToFileURL(join(home, exports[subpath].default)).href);
    const functions = Object.keys(module).filter((name) => typeof module[name] === "function");
    missing.push(...functions.filter((name) => !new RegExp(`^export const .*\\b${name}\\b`, "m").test(text)));
  }
  const outcome = missing.length === 0 ? "passed" : "failed";
  const message = missing.length === 0 ? "" : `test/dist/declarations.ts lacks ${missing.join(", ")}`;
  results.push({ name: "types: every function is among the declarations", outcome, message });
}

try {
  const home = await install();
  workerdConfig(home);
  const ours = (await run("node", ["--version"])).output.trim().slice(1);
  const own = await ownNode(ours);
  const runs = [
    () => allDeclared(home),
    ...compilers.map(
      ([compiler, resolution]) =>
        () =>
          compileWith(compiler, resolution),
    ),
    () => runOn("workerd", "workerd", ["test", "workerd.capnp"]),
    () => runOn(`node ${ours}`, "node", ["main.mjs"]),
    () => runOn("deno", "deno", ["run", "--allow-read", "--no-config", "--node-modules-dir=manual", "main.mjs"]),
    () => runOn("bun", "bun", ["run", "main.mjs"]),
  ];
  if (own) runs.push(() => runOn(`node ${own.version}`, "node", ["main.mjs"], { PATH: own.PATH }));
  await inParallel(runs);
} catch (error) {
  results.push({ name: "the package can be packed and installed", outcome: "failed", message: String(error.message) });
} finally {
  if (process.env.KEEP_DIST_PROJECT) console.log(project);
  else rmSync(project, { recursive: true, force: true });
}

if (process.argv[2]) writeFileSync(process.argv[2], writeJunit(results));
for (const { name, outcome, message } of results) console.log(`${outcome} ${name}${message && `\n${message}`}`);
process.exitCode = results.every(({ outcome }) => outcome === "passed") ? 0 : 1;
