// Soaks one store in a process of its own, for some seconds or until so many operations are done, and prints its report as
// JSON: node --expose-gc scripts/soak/one.mjs NAME SECONDS [OPERATIONS]
// The report has `failures`: what was wrong, or has grown, or was left behind.
import { growthOf, left, resources, sample } from "./measure.mjs";
import { open } from "./stores.mjs";

const [name, seconds, most = "Infinity"] = process.argv.slice(2);
const SAMPLES = 60;

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(String(reason?.stack ?? reason)));
// The streams are opened when they are first used.
void [process.stdout, process.stderr];
const before = resources();

const { load, close } = await open(name);
const start = performance.now();
const length = Number(seconds) * 1000;
const isOver = () => performance.now() - start >= length || load.report.operations >= Number(most);

const samples = [sample()];
async function watch() {
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, Number.isFinite(Number(most)) ? 1000 : length / SAMPLES));
    samples.push(sample());
  }
}

await Promise.all([load.run(isOver), watch()]);
await load.finish();
await close();
let after = left(before);
// Sockets and processes take a moment to end.
for (let tries = 0; tries < 30 && after.length > 0; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  after = left(before);
}

// Caches fill and code is compiled in the first tenth.
const growth = growthOf(samples.slice(Math.floor(samples.length / 10)));
const { seed, operations, wrong, problems } = load.report;
const failures = [
  operations === 0 && "nothing was done",
  wrong > 0 && `${wrong} wrong results, seed ${seed}: ${problems.join("; ")}`,
  ...Object.entries(growth).map(([kind, { first, last, grows }]) => grows && `${kind} grows from ${first} to ${last}`),
  unhandled.length > 0 && `${unhandled.length} unhandled rejections: ${unhandled[0]}`,
  after.length > 0 && `left behind: ${after.join(", ")}`,
].filter(Boolean);
const report = { name, seconds: Math.round((performance.now() - start) / 1000), operations, wrong, growth };
process.stdout.write(`${JSON.stringify({ ...report, unhandled: unhandled.length, left: after, failures })}\n`, () =>
  process.exit(failures.length > 0 ? 1 : 0),
);
