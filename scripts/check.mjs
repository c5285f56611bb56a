// `npm run check`: all checks besides the tests. Every check runs, and every failure is shown.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./entries.mjs";
import { inParallel, run } from "./run.mjs";

const temp = mkdtempSync(join(tmpdir(), "edge-key-value-check-"));
const tarball = () => join(temp, readdirSync(temp).find((file) => file.endsWith(".tgz")) ?? "package.tgz");
const failed = [];
let count = 0;

/**
 * By its path: the dependencies bring several versions, and each of them has a `tsc`. This one takes an eighth of the time that
 * the others take; `test/dist` compiles the published types with all of them.
 */
const tsc = join(root, "node_modules/typescript-7/bin/tsc");
const check = (name, command, ...args) => ({ name, command, args });

/** The longest first: two run at the same time, and the last should not be alone for long. */
const sources = [
  check("JSR dry run", "deno", "publish", "--dry-run", "--allow-dirty"),
  check("format and lint", "biome", "ci", "--colors=off", "--error-on-warnings", "--max-diagnostics=100", "."),
  ...projects().map((path) => check(`types of ${path || "src"}`, "node", tsc, "-p", join(root, path))),
  check(
    "types for Deno",
    "deno",
    "check",
    "--quiet",
    "test/runtimes/deno.ts",
    "test/runtimes/deno-files.ts",
    "worker-example/deno.ts",
  ),
  check("imports", "node", "scripts/imports.mjs"),
  check("nothing unused", "knip", "--no-progress"),
  check("lock file", "node", "scripts/lock.mjs", "--check"),
];
const build = check("build", "unbuild");
const pack = check("pack", "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", temp);
const built = [
  check("exports", "node", "scripts/exports.mjs", "--check"),
  check("size", "size-limit"),
  check("publint", "publint", "--strict", tarball),
  check("are the types wrong", "attw", "--no-color", "--profile", "esm-only", "--format", "ascii", tarball),
];

/** Every folder with a tsconfig.json. */
function projects() {
  const skip = /(^|\/)(node_modules|dist|\..*)(\/|$)/;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((item) => item.name === "tsconfig.json" && !skip.test(item.parentPath.slice(root.length)))
    .map((item) => item.parentPath.slice(root.length).replaceAll("\\", "/"))
    .sort();
}

async function perform({ name, command, args }) {
  const words = args.map((arg) => (typeof arg === "function" ? arg() : arg));
  const { code, output, seconds } = await run(command, words);
  count++;
  if (code !== 0) failed.push(name);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds.toFixed(1)} s)`);
  if (code !== 0) console.log(`${output.trim().replace(/^/gm, "       ")}\n       (${[command, ...words].join(" ")})`);
  return code === 0;
}

async function packaged() {
  if (!(await perform(build))) return;
  if (!(await perform(pack))) return;
  for (const step of built) await perform(step);
}

await inParallel([packaged, ...sources.map((step) => () => perform(step))]);
rmSync(temp, { recursive: true });
console.log(
  failed.length ? `${failed.length} of ${count} checks failed: ${failed.join(", ")}` : `${count} checks passed`,
);
process.exitCode = failed.length ? 1 : 0;
