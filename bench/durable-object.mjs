// `npm run bench:durable-objects`: what the stores in Durable Objects cost beside SQL and an object written by hand.
//
// A turn is one request that does an operation many times. All candidates of a table take turns in short rounds, and each
// ratio is the median over the rounds of its ratio to the baseline, the first candidate, in the same round.
//
//   npm run bench:durable-objects                        all
//   npm run bench:durable-objects -- --rounds 300        steadier numbers
//   npm run bench:durable-objects -- --filter increment  only the tables whose title contains the word
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { median } from "./support.mjs";
import { startWorkerd, workerdFolder } from "./workerd.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "100" }, filter: { type: "string", default: "" } },
});
const ROUNDS = Number(options.rounds);
const OPERATIONS = ["get", "put", "increment", "getMany of 100", "putMany of 100"];
const TABLES = {
  inside: { names: ["raw SQL", "durableObjectStorageStore"], one: 1000, bulk: 30 },
  "over RPC": { names: ["object by hand", "durableObjectStore"], one: 50, bulk: 10 },
};
/** Candidates of one table alone. */
const MORE = { "put, inside": ["raw SQL, the store's row"], "getMany of 100, inside": ["raw SQL, key by key"] };

const folder = workerdFolder();
const classes = { STORE: "KeyValueObject", HAND: "HandWritten", INSIDE: "Inside" };
const DEFINITIONS = `const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2025-11-01",
  durableObjectNamespaces = [
    ${Object.values(classes)
      .map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true),`)
      .join("")}
  ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [${Object.entries(classes)
    .map(([name, of]) => `(name = "${name}", durableObjectNamespace = "${of}"),`)
    .join("")}],
);`;
await build({
  entryPoints: [fileURLToPath(new URL("durable-object-worker.mjs", import.meta.url))],
  bundle: true,
  format: "esm",
  external: ["cloudflare:workers"],
  outfile: join(folder, "worker.js"),
});
const disk = `(name = "disk", disk = (path = "${folder}", writable = true))`;
const { ask, elapsed, stop } = await startWorkerd(folder, DEFINITIONS, disk);
/** Has the Worker do an operation so many times, and returns what the last one returned. */
const turn = (where, operation, name, count) => ask({ where, operation, name, count });

try {
  for (const [where, { names, one, bulk }] of Object.entries(TABLES)) {
    for (const name of names) {
      for (const operation of ["put", "putMany of 100"]) await turn(where, operation, name, 100);
    }
    for (const operation of OPERATIONS) {
      const title = `${operation}, ${where}`;
      if (title.includes(options.filter))
        await measure(title, where, operation, names, operation.includes("of") ? bulk : one);
    }
  }
} finally {
  stop();
  rmSync(folder, { recursive: true });
}

async function measure(title, where, operation, names, count) {
  const candidates = [...names, ...(MORE[title] ?? [])];
  if (operation.startsWith("get")) {
    const found = await Promise.all(
      candidates.map(async (name) => JSON.stringify(await turn(where, operation, name, 1))),
    );
    const lengths = new Set(found.map(({ length }) => length));
    if (lengths.size > 1) throw new Error(`${title}: the candidates return different values`);
  }
  const times = candidates.map(() => []);
  // The first rounds let the engine compile, and do not count.
  for (let round = -10; round < ROUNDS; round++) {
    for (let i = 0; i < candidates.length; i++) {
      // Another candidate starts each round.
      const at = (i + round + 10) % candidates.length;
      const start = elapsed();
      await turn(where, operation, candidates[at], count);
      if (round >= 0) times[at].push((elapsed() - start) / 1000 / count);
    }
  }
  console.log(`\n${title}\n${"".padEnd(28)} median µs   ratio`);
  for (const [i, name] of candidates.entries()) {
    const ratio = median(times[i].map((time, round) => time / times[0][round]));
    console.log(`${name.padEnd(28)} ${median(times[i]).toFixed(1).padStart(9)}   ${ratio.toFixed(2)}`);
  }
}
