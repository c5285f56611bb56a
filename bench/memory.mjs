// `npm run bench`: compares the memory store with a baseline and with other libraries.
//
// Each process measures one candidate, because objects of other candidates change what an engine has optimised. It keeps
// 10,000 distinct values, as `JSON.parse` makes them, and calls with keys in a shuffled order. The baseline is async functions
// over a Map of JSON strings. The processes of all candidates take turns. A ratio is that of two processes of one turn; the
// table has the median of the ratios and their quartiles.
//
//   npm run bench                          10 processes a candidate, about two minutes
//   npm run bench -- --processes 30        steadier numbers
//   npm run bench -- --only memoryStore    one candidate beside the baseline
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { candidates } from "./memory-candidates.mjs";
import { cpuTime, median, quartiles, random, save, saveResults, shuffled } from "./support.mjs";

const { values: options } = parseArgs({
  options: {
    processes: { type: "string", default: "10" },
    only: { type: "string" },
    candidate: { type: "string" },
    ...save,
  },
});

/** The most that the memory store should take of the time of the baseline. */
const AIMS = { get: 0.5, put: 0.8, "get of a missing key": 1.1, "bulk get of 100": 0.5, "get of 100 kB": 0.35 };
const BASELINE = "Map of JSON";

if (options.candidate) console.log(JSON.stringify(await measured(await candidates[options.candidate]())));
else compare(Object.keys(candidates).filter((name) => [BASELINE, options.only ?? name].includes(name)));

function compare(names) {
  const turns = Array.from({ length: Number(options.processes) }, (_, turn) => {
    // Another candidate starts each turn.
    const order = names.map((_, i) => names[(i + turn) % names.length]);
    const results = Object.fromEntries(order.map((name) => [name, run(name)]));
    return names.map((name) => results[name]);
  });
  const tables = {};
  for (const [row, aim] of Object.entries(AIMS)) {
    tables[row] = {};
    console.log(`\n${row} (aim: ${aim})`);
    console.log(`${"".padEnd(16)}${"ns/op".padStart(9)}${"ratio".padStart(8)}  quartiles`);
    for (const [at, name] of names.entries()) {
      const ratios = turns.map((turn) => turn[at][row] / turn[0][row]);
      const time = Math.round(median(turns.map((turn) => turn[at][row])));
      const [low, middle, high] = quartiles(ratios).map((ratio) => ratio.toFixed(2));
      console.log(`${name.padEnd(16)}${String(time).padStart(9)}${middle.padStart(8)}  ${low} to ${high}`);
      tables[row][name] = { nanoseconds: time, ratio: Number(middle), low: Number(low), high: Number(high) };
    }
  }
  if (options.save) saveResults("memory", tables);
}

/** Measures a candidate in a process of its own. */
function run(name) {
  const script = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, ["--expose-gc", script, "--candidate", name], { encoding: "utf8" }));
}

/** Returns the nanoseconds that each operation takes of the processor. */
async function measured({ get, put, getMany }) {
  const next = random();
  const values = Array.from({ length: 10_000 }, (_, i) => session(i));
  const keys = values.map(({ id }) => id);
  const large = Array.from({ length: 20 }, (_, i) => values.slice(i * 450, (i + 1) * 450));
  for (const [i, key] of keys.entries()) await put(key, values[i]);
  for (const [i, value] of large.entries()) await put(`large:${i}`, JSON.parse(JSON.stringify(value)));
  // A candidate that loses or makes up something would be fast for the wrong reason.
  if (JSON.stringify(await get(keys[7])) !== JSON.stringify(values[7])) throw new Error("it lost what was put");
  if (((await get("missing")) ?? null) !== null) throw new Error("it made something up");
  if (JSON.stringify(await getMany([keys[1], keys[2]])) !== JSON.stringify([values[1], values[2]]))
    throw new Error("its bulk get lost what was put");

  // Each row has an order of its own. Values that are read in the order of their writes are neighbours in memory, which makes
  // reads twice as fast.
  const order = () => shuffled(keys.length, next);
  const [reads, writes, misses, bulk] = [order(), order(), order(), order()];
  const fresh = writes.map((at) => session(at));
  const missing = misses.map((at) => `missing:${at}`);
  const bulks = Array.from({ length: 100 }, (_, i) => bulk.slice(i * 100, (i + 1) * 100).map((at) => keys[at]));
  return {
    get: await time(reads.length, 15, (i) => get(keys[reads[i]])),
    put: await time(writes.length, 15, (i) => put(keys[writes[i]], fresh[i])),
    // Cheap calls need more rounds: the engine compiles them while the first ones run.
    "get of a missing key": await time(missing.length, 90, (i) => get(missing[i])),
    "bulk get of 100": await time(bulks.length, 15, (i) => getMany(bulks[i])),
    "get of 100 kB": await time(large.length, 15, (i) => get(`large:${i}`)),
  };
}

/** The median over some rounds, of which the first third warms up. */
async function time(calls, rounds, call) {
  // What is left of the row before would be collected while this one is measured.
  globalThis.gc();
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const used = await cpuTime(async () => {
      for (let i = 0; i < calls; i++) await call(i);
    });
    if (round >= rounds / 3) times.push((used * 1000) / calls);
  }
  return median(times);
}

/** A session of about 200 bytes, as it arrives from a network. */
function session(i) {
  const value = {
    id: `user:${((i * 2654435761) % 2 ** 32).toString(36)}`,
    name: `Alice Example ${i}`,
    email: `alice${i}@example.com`,
    roles: i % 3 ? ["admin", "editor"] : ["viewer"],
    createdAt: 1789000000000 + i,
    active: i % 2 === 0,
    prefs: { theme: i % 5 ? "dark" : "light", locale: "en-GB" },
    csrf: (i * 2654435761).toString(16).padStart(32, "0"),
  };
  return JSON.parse(JSON.stringify(value));
}
