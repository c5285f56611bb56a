// `npm test`: every test on every runtime, and the packed package on each of them.
//
//   npm test                                            all
//   npm test -- --runtime deno                          one: node, node-only, workerd, bindings, bun, deno or dist; may be repeated
//   npm test -- --runtime deno --filter memory          its test files whose path contains "memory"
//   npm test -- --no-skips                              a skipped test is a failure, as in CI
//   npm test -- --matrix                                also the runs of the conformance suite that repeat others; takes far longer
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startDynamo } from "../test/support/dynamo-server.mjs";
import { startGateway } from "../test/support/redis-gateway.mjs";
import { root } from "./entries.mjs";
import { readJunit } from "./junit.mjs";
import { inParallel, run } from "./run.mjs";

/** The folders of `test` that do not run on every runtime. */
const special = ["node", "servers", "workerd", "dist", "types"];
const shared = testFiles("test").filter((file) => !special.includes(file.split("/")[1]));
/** Tests that start a server or run a package with modules of Node that workerd lacks. */
const servers = testFiles("test/servers");
const runtimes = {
  node: {
    files: shared,
    command: (files, report) => ["vitest", "run", "--project", "node", ...vitestReport(report), ...files],
  },
  /** Also Node, with its files, servers and processes. */
  "node-only": {
    files: [...servers, ...testFiles("test/node")],
    command: (files, report) => ["vitest", "run", "--project", "node-only", ...vitestReport(report), ...files],
  },
  workerd: {
    files: shared,
    command: (files, report) => ["vitest", "run", "--project", "workerd", ...vitestReport(report), ...files],
  },
  /** Also workerd, with the bindings of Cloudflare's simulator: each of these files has a workerd of its own. */
  bindings: {
    files: testFiles("test/workerd"),
    command: (files, report) => ["vitest", "run", "--project", "bindings", ...vitestReport(report), ...files],
  },
  bun: {
    files: [...shared, ...servers],
    command: (files, report) => [
      ...["bun", "test", "--timeout=60000", "--reporter=junit", `--reporter-outfile=${report}`],
      ...files.map((file) => `./${file}`),
    ],
  },
  deno: {
    files: [...shared, ...servers],
    command: (files, report) => [
      ...["deno", "test", "--allow-all", "--no-check", `--junit-path=${report}`],
      ...["test/runtimes/deno-files.ts", "--", ...files],
    ],
  },
  dist: { files: ["test/dist"], command: (_files, report) => ["node", "test/dist/run.mjs", report] },
};

const { values } = parseArgs({
  options: {
    runtime: { type: "string", multiple: true, default: Object.keys(runtimes) },
    filter: { type: "string", default: "" },
    matrix: { type: "boolean", default: false },
    "no-skips": { type: "boolean", default: Boolean(process.env.CI) && process.env.CI !== "false" },
  },
});
for (const name of values.runtime) {
  if (!runtimes[name])
    throw new Error(`There is no runtime "${name}": choose among ${Object.keys(runtimes).join(", ")}`);
}

function testFiles(folder) {
  if (!existsSync(join(root, folder))) return [];
  return (
    readdirSync(join(root, folder), { recursive: true })
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
      // The test of the documents writes their code into a folder with a dot.
      .filter((file) => file.endsWith(".test.ts") && !file.includes("/."))
      .sort()
  );
}

function vitestReport(file) {
  return ["--reporter=default", "--reporter=junit", `--outputFile.junit=${file}`];
}

const temp = mkdtempSync(join(tmpdir(), "edge-key-value-test-"));
const results = [];
/** One Redis and one DynamoDB for all runtimes. Without Redis, the tests that need it are skipped and say what to install. */
const gateway = await startGateway();
const dynamo = await startDynamo();
/** The tests start Node some hundred times, and most of what it loads is the same each time. */
const compiled = { NODE_COMPILE_CACHE: join(temp, "compiled") };
const env = { ...compiled, ...gateway.env, ...dynamo.env, ...(values.matrix && { EKV_MATRIX: "1" }) };

async function runOn(name) {
  const files = runtimes[name].files.filter((file) => file.includes(values.filter));
  if (files.length === 0) return;
  const report = join(temp, `${name}.xml`);
  const [command, ...args] = runtimes[name].command(files, report);
  const { code, output, seconds } = await run(command, args, { env });
  const tests = existsSync(report) ? readJunit(readFileSync(report, "utf8")) : [];
  const of = (outcome) => tests.filter((test) => test.outcome === outcome);
  const result = { name, passed: of("passed").length, failed: of("failed"), skipped: of("skipped"), seconds };
  const crashed =
    (code !== 0 && result.failed.length === 0 && `the runner ended with ${code}`) ||
    (result.passed + result.failed.length === 0 && "no test was executed");
  if (crashed) result.failed.push({ name: `(${name}: ${crashed})`, message: output.slice(-8000) });
  results.push(result);
  console.log(`${name}: ${summary(result)} in ${seconds.toFixed(0)} s`);
  for (const { name: test, message } of result.failed)
    console.log(`\nFAILED on ${name}: ${test}\n${indent(message)}\n`);
}

function summary({ passed, failed, skipped }) {
  const counts = [`${passed} passed`, `${failed.length} failed`];
  return (skipped.length ? [...counts, `${skipped.length} skipped`] : counts).join(", ");
}

const indent = (text) => text.replace(/^/gm, "    ");

try {
  // Start the longest first, and four at a time, one of which has two files at once: much of their time they wait, and this
  // keeps two cores busy to the end.
  const order = ["bindings", "node-only", "workerd", "node", "deno", "bun", "dist"].filter((name) =>
    values.runtime.includes(name),
  );
  await inParallel(
    order.map((name) => () => runOn(name)),
    4,
  );
} finally {
  await gateway.stop?.();
  await dynamo.stop();
  rmSync(temp, { recursive: true, force: true });
}

const total = { passed: 0, failed: [], skipped: [] };
console.log("\nruntime     passed  failed  skipped  seconds");
for (const name of Object.keys(runtimes)) {
  const result = results.find((candidate) => candidate.name === name);
  if (!result) continue;
  const numbers = [result.passed, result.failed.length, result.skipped.length, result.seconds.toFixed(1)];
  console.log(name.padEnd(10) + numbers.map((number, i) => String(number).padStart([8, 8, 9, 9][i])).join(""));
  total.passed += result.passed;
  total.failed.push(...result.failed.map((test) => `${name}: ${test.name}`));
  total.skipped.push(...result.skipped.map((test) => `${name}: ${test.name}`));
}
for (const [title, list] of [
  ["skipped", total.skipped],
  ["failed", total.failed],
]) {
  if (list.length) console.log(`\n${title}:\n${list.map((line) => `  ${line}`).join("\n")}`);
}
if (results.length === 0) console.log(`\nNo test file's path contains "${values.filter}".`);

const skipsForbidden = values["no-skips"] && total.skipped.length > 0;
if (skipsForbidden) console.log("\nSkipped tests are failures here.");
const failed = skipsForbidden ? [...total.failed, ...total.skipped] : total.failed;
console.log(`\n${summary({ passed: total.passed, failed, skipped: skipsForbidden ? [] : total.skipped })}`);
process.exitCode = failed.length || total.passed === 0 ? 1 : 0;
