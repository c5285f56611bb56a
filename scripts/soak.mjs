// `npm run soak`: minutes of mixed load on each backend that can run here. Each entry is held to a model of what must be there.
// It fails if a result is wrong, a rejection is unhandled, memory grows, or a timer, socket or process is left after closing.
//
//   npm run soak                                       10 minutes on each, four at the same time
//   npm run soak -- --minutes 2 --stores memory,redis  less, of these
//   npm run soak -- --operations 100000                each until so many operations are done, however long it takes
//   npm run soak -- --stores ./my-store.mjs#open       your own: `open()` returns { store, close? }
//
// With TMPDIR=/dev/shm, files of databases are in memory: then a run takes a fraction of the time, which is mostly spent on
// waiting for a disk.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { inParallel, run } from "./run.mjs";
import { names } from "./soak/stores.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string" },
    operations: { type: "string" },
    stores: { type: "string", default: names.join(",") },
    "at-once": { type: "string", default: "4" },
    /** A file for the reports, as JSON. */
    json: { type: "string" },
  },
});
const seconds = Number(options.minutes ?? (options.operations ? 24 * 60 : 10)) * 60;
if (!(seconds > 0)) throw new Error("--minutes must be a number above 0");

const megabytes = (bytes) => Math.round(bytes / 1024 / 1024);
const columns = ["store", "seconds", "operations", "wrong", "heap MB", "process MB", "servers MB", "unhandled", "left"];
const row = (cells) => cells.map((cell, i) => (i ? `${cell}`.padStart(12) : cell.padEnd(16))).join("");
console.log("Memory is the median of the first third of the run, and of the last.");
console.log(row(columns));

/** V8 grows its young generation for minutes, by more than 60 MB. Memory that native code does not free would not show beside that. */
const FLAGS = ["--expose-gc", "--max-semi-space-size=1"];

const reports = [];
async function soak(store) {
  const args = [...FLAGS, "scripts/soak/one.mjs", store, `${seconds}`, options.operations ?? "Infinity"];
  const { code, output } = await run("node", args, { seconds: seconds * 1.5 + 120 });
  const report = reportIn(output) ?? { name: store, failures: [`it ended with code ${code}: ${output.slice(-2000)}`] };
  reports.push(report);
  const { growth, operations, wrong, unhandled, left = [], failures } = report;
  const memory = ["heap", "rss", "servers"].map(
    (kind) => growth && Object.values(growth[kind]).slice(0, 2).map(megabytes).join(" > "),
  );
  console.log(
    row([store, report.seconds, operations, wrong, ...memory, unhandled, left.length].map((cell) => cell ?? "-")),
  );
  for (const failure of failures) console.log(`  FAILED: ${failure}`);
}

function reportIn(output) {
  const line = output
    .trimEnd()
    .split("\n")
    .findLast((text) => text.startsWith('{"name"'));
  return line && JSON.parse(line);
}

await inParallel(
  options.stores.split(",").map((store) => () => soak(store)),
  Number(options["at-once"]),
);
if (options.json) writeFileSync(options.json, `${JSON.stringify(reports, undefined, 2)}\n`);
process.exitCode = reports.some(({ failures }) => failures.length > 0) ? 1 : 0;
