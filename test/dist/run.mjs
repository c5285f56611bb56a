// Packs the package as npm would publish it, installs it into an empty project, and runs program.mjs there on every runtime.
// Usage: node test/dist/run.mjs [report.xml]
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
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
  await must("unbuild", []);
  await must("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project]);
  const tarball = readdirSync(project).find((file) => file.endsWith(".tgz"));
  const home = join(project, "node_modules", "edge-key-value");
  mkdirSync(home, { recursive: true });
  await must("tar", ["-xzf", join(project, tarball), "-C", home, "--strip-components=1"]);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  cpSync(join(root, "test/dist/program.mjs"), join(project, "program.mjs"));
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

try {
  const home = await install();
  workerdConfig(home);
  const ours = (await run("node", ["--version"])).output.trim().slice(1);
  const own = await ownNode(ours);
  const runs = [
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
