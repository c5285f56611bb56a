// `npm run bench:caching`: what `cached` costs over the memory store, beside other libraries that keep the results of a function.
//
// It measures CPU time, which other programs affect little. Candidates take turns in short rounds, and each ratio is the median
// over the rounds of its ratio to the baseline in the same round. The baseline is a Map of JSON strings with deadlines, which
// lets callers of one key share one promise. The last column counts how often the function ran for each operation.
//
// Not all of them do the same. `cached`, bentocache and the baseline return copies of results; cachified over a Map and
// cache-manager return the object that is stored. `cached` also takes a lease in the store for each miss, because other processes
// may share it.
//
//   npm run bench:caching                       all
//   npm run bench:caching -- --rounds 300       steadier numbers
//   npm run bench:caching -- --filter hit       only the tables whose title contains the word
import { parseArgs } from "node:util";
import { cachified } from "@epic-web/cachified";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { createCache } from "cache-manager";
import { cached } from "../src/cached.ts";
import { memoryStore } from "../src/index.ts";
import { cpuTime, median, save, saveResults } from "./support.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "100" }, filter: { type: "string", default: "" }, ...save },
});
const ROUNDS = Number(options.rounds);
/** Callers of one key at once. */
const CALLERS = 100;
const TTL = 3600;

let runs = 0;
/** The cached function. It returns a session of about 200 bytes, a turn of the event loop later. */
async function load(key) {
  runs++;
  await new Promise((resolve) => setImmediate(resolve));
  return {
    id: key,
    name: "Alice Example",
    email: "alice@example.com",
    roles: ["admin", "editor"],
    createdAt: 1789000000000,
    active: true,
    prefs: { theme: "dark", locale: "en-GB" },
    csrf: "d41d8cd98f00b204e9800998ecf8427e",
  };
}

/** Each candidate returns the result for a key from its cache, or calls the function. */
const candidates = {
  "Map of JSON": () => {
    const entries = new Map();
    const running = new Map();
    return async (key) => {
      const entry = entries.get(key);
      if (entry && Date.now() < entry.until) return JSON.parse(entry.json);
      if (!running.has(key)) running.set(key, make(key));
      return JSON.parse(await running.get(key));
    };
    async function make(key) {
      const json = JSON.stringify(await load(key));
      entries.set(key, { json, until: Date.now() + TTL * 1000 });
      running.delete(key);
      return json;
    }
  },
  cached: () => cached(memoryStore(), load, { key: (key) => key, ttl: TTL }),
  "cached, no leases": () => cached(memoryStore(), load, { key: (key) => key, ttl: TTL, lock: false }),
  cachified: () => {
    const cache = new Map();
    return (key) => cachified({ key, cache, ttl: TTL * 1000, getFreshValue: () => load(key) });
  },
  bentocache: () => {
    const store = bentostore().useL1Layer(memoryDriver({ maxItems: 1_000_000 }));
    const bento = new BentoCache({ default: "only", stores: { only: store } });
    return (key) => bento.getOrSet({ key, ttl: `${TTL}s`, factory: () => load(key) });
  },
  "cache-manager": () => {
    const cache = createCache();
    return (key) => cache.wrap(key, () => load(key), TTL * 1000);
  },
};

const HITS = 200;
const keys = Array.from({ length: HITS }, (_, i) => `user:${i}`);
let fresh = 0;
/** What one turn of a candidate does, and how many operations that is. */
const tables = {
  hit: {
    operations: HITS,
    async turn(get) {
      for (const key of keys) await get(key);
    },
  },
  miss: {
    operations: 50,
    async turn(get) {
      for (let i = 0; i < 50; i++) await get(`missing:${++fresh}`);
    },
  },
  [`stampede of ${CALLERS} on a missing key`]: {
    operations: 1,
    async turn(get) {
      const key = `stampede:${++fresh}`;
      await Promise.all(Array.from({ length: CALLERS }, () => get(key)));
    },
  },
};

const results = {};
for (const [title, { operations, turn }] of Object.entries(tables)) {
  if (!title.includes(options.filter)) continue;
  const gets = Object.entries(candidates).map(([name, make]) => [name, make(), [], { runs: 0 }]);
  for (const [name, get] of gets) {
    for (const key of keys) await get(key);
    // A candidate that loses or makes up something would be fast for the wrong reason.
    if ((await get(keys[7])).id !== keys[7]) throw new Error(`${name} does not return what the function returned`);
  }
  // The first rounds let the engine compile, and do not count.
  for (let round = -20; round < ROUNDS; round++) {
    for (let i = 0; i < gets.length; i++) {
      // Another candidate starts each round, so none always follows the one that leaves the most garbage.
      const [, get, times, counted] = gets[(i + round + 20) % gets.length];
      runs = 0;
      const used = await cpuTime(() => turn(get));
      if (round < 0) continue;
      times.push(used / operations);
      counted.runs += runs / operations;
    }
  }
  console.log(`\n${title}\n${"".padEnd(20)} median µs   ratio   calls`);
  const [, , baseline] = gets[0];
  results[title] = {};
  for (const [name, , times, counted] of gets) {
    const ratio = median(times.map((time, i) => time / baseline[i]));
    const calls = counted.runs / ROUNDS;
    const cells = [median(times).toFixed(1).padStart(9), ratio.toFixed(2).padStart(7), calls.toFixed(2).padStart(7)];
    console.log(`${name.padEnd(20)} ${cells.join(" ")}`);
    results[title][name] = { microseconds: median(times), ratio, calls };
  }
}
if (options.save) saveResults("caching", results);
