// `npm run bench`: compares the memory store and a wrapper with a baseline and with other libraries.
//
// Look at the ratios to the baseline of the same run: async functions over a Map of JSON strings. All candidates take turns in
// short rounds, so other work on the machine slows all of them. Each ratio is the median of the ratios in each round.
//
//   npm run bench                        all
//   npm run bench -- --rounds 1000       steadier numbers
//   npm run bench -- --filter put        only the tables whose title contains the word
import { parseArgs } from "node:util";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { createCache } from "cache-manager";
import Keyv from "keyv";
import { createStorage } from "unstorage";
import { intercept, wrap } from "../src/combinators/index.ts";
import { memoryStore } from "../src/index.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "300" }, filter: { type: "string", default: "" } },
});
const ROUNDS = Number(options.rounds);
/** Operations of one candidate in one round. They take about a millisecond, less than a time slice of the system. */
const TURN = 1000;

const session = {
  id: "u_8f3a1c2b",
  name: "Alice Example",
  email: "alice@example.com",
  roles: ["admin", "editor"],
  createdAt: 1789000000000,
  active: true,
  prefs: { theme: "dark", locale: "en-GB" },
  csrf: "d41d8cd98f00b204e9800998ecf8427e",
};
const keys = Array.from({ length: 1000 }, (_, i) => `user:${i}`);

const texts = new Map();
const baseline = {
  async get(key) {
    const text = texts.get(key);
    return text === undefined ? null : JSON.parse(text);
  },
  async put(key, value) {
    texts.set(key, JSON.stringify(value));
  },
};
const memory = memoryStore();
const keyv = new Keyv();
const storage = createStorage();
const cache = createCache();
const bento = new BentoCache({
  default: "memory",
  stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 })) },
});

const libraries = {
  "Map of JSON": { get: (key) => baseline.get(key), put: (key, value) => baseline.put(key, value) },
  memoryStore: { get: (key) => memory.get(key), put: (key, value) => memory.put(key, value) },
  keyv: { get: (key) => keyv.get(key), put: (key, value) => keyv.set(key, value) },
  unstorage: { get: (key) => storage.getItem(key), put: (key, value) => storage.setItem(key, value) },
  "cache-manager": { get: (key) => cache.get(key), put: (key, value) => cache.set(key, value) },
  bentocache: { get: (key) => bento.get({ key }), put: (key, value) => bento.set({ key, value }) },
};

for (const [name, { get, put }] of Object.entries(libraries)) {
  for (const key of keys) await put(key, session);
  // A candidate that returns nothing, or a wrong value, would be fast for the wrong reason.
  if (JSON.stringify(await get(keys[7])) !== JSON.stringify(session)) throw new Error(`${name} lost what was put`);
  if (((await get("missing")) ?? null) !== null) throw new Error(`${name} made something up`);
}

const each = (operation) => Object.entries(libraries).map(([name, library]) => [name, operation(library)]);

await table(
  "get of a session of about 200 bytes (aim: 0.60)",
  each(
    ({ get }) =>
      (i) =>
        get(keys[i % 1000]),
  ),
);
await table(
  "put of a session of about 200 bytes (aim: 0.90)",
  each(
    ({ put }) =>
      (i) =>
        put(keys[i % 1000], session),
  ),
);
await table(
  "get of a missing key (aim: 1.30)",
  each(
    ({ get }) =>
      () =>
        get("missing"),
  ),
);

const through = (store) => wrap(store, (driver) => intercept(driver, (_, proceed) => proceed()));
const wrapped = through(memory);
const five = through(through(through(through(wrapped))));
for (const [operation, run] of [
  ["get", (store) => (i) => store.get(keys[i % 1000])],
  ["put", (store) => (i) => store.put(keys[i % 1000], session)],
]) {
  await table(`${operation} through wrappers that pass everything on (aim: less than 0.5 µs each)`, [
    ["memoryStore", run(memory)],
    ["one intercept", run(wrapped)],
    ["five intercepts", run(five)],
  ]);
}

/** Measures the candidates in turns and prints their medians. The first one is the baseline. */
async function table(title, candidates) {
  if (!title.includes(options.filter)) return;
  const times = candidates.map(() => []);
  const warmUp = Math.ceil(ROUNDS / 10);
  for (let round = -warmUp; round < ROUNDS; round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      // Another candidate starts each round, so none always follows the one that leaves the most garbage.
      const at = (turn + round + warmUp) % candidates.length;
      const time = await timed(candidates[at][1]);
      if (round >= 0) times[at].push(time);
    }
  }
  console.log(`\n${title}`);
  console.log(`${"".padEnd(18)}${"ns/op".padStart(9)}${"ratio".padStart(9)}${"more, ns".padStart(10)}`);
  for (const [at, [name]] of candidates.entries()) {
    const ratio = median(times[at].map((time, round) => time / times[0][round]));
    const more = median(times[at].map((time, round) => time - times[0][round]));
    const numbers = [median(times[at]).toFixed(0), ratio.toFixed(2), at ? more.toFixed(0) : ""];
    console.log(name.padEnd(18) + numbers.map((number, i) => number.padStart([9, 9, 10][i])).join(""));
  }
}

/** Returns the nanoseconds of one operation, with operations one after the other. */
async function timed(run) {
  const start = performance.now();
  for (let i = 0; i < TURN; i++) await run(i);
  return ((performance.now() - start) * 1e6) / TURN;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}
