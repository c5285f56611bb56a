// `npm run bench:wrappers`: what wrappers add to a get and a put of the memory store, one by one and stacked.
//
// It counts the time of the processor. Candidates take turns in short rounds, and each ratio is the median over the rounds of
// its ratio to the bare store in the same round.
//
//   node bench/wrappers.mjs [--rounds 40]
import { parseArgs } from "node:util";
import { memoryStore } from "../src/index.ts";
import { clampTtl } from "../src/wrappers/clamp-ttl.ts";
import { limitSize } from "../src/wrappers/limit-size.ts";
import { prefixKeys } from "../src/wrappers/prefix-keys.ts";
import { retry } from "../src/wrappers/retry.ts";
import { statistics } from "../src/wrappers/statistics.ts";
import { timeout } from "../src/wrappers/timeout.ts";
import { cpuTime, median } from "./support.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "40" } } });
const TURN = 500;

const layers = {
  prefixKeys: (store) => prefixKeys(store, "app:"),
  clampTtl: (store) => clampTtl(store, { max: 86_400 }),
  limitSize: (store) => limitSize(store, { maxBytes: 100_000 }),
  statistics: (store) => statistics(store),
  retry: (store) => retry(store),
  timeout: (store) => timeout(store, { seconds: 5 }),
};
const stacked = Object.values(layers).reduce((store, wrap) => wrap(store), memoryStore());
const stores = [
  ["memoryStore", memoryStore()],
  ...Object.entries(layers).map(([name, wrap]) => [name, wrap(memoryStore())]),
  ["all of them", stacked],
];
const value = JSON.parse('{"name":"Alice","email":"alice@example.com","roles":["admin","author"],"visits":42}');
const calls = { put: (store, i) => store.put(`user:${i}`, value), get: (store, i) => store.get(`user:${i}`) };

for (const [operation, call] of Object.entries(calls)) {
  const times = stores.map(() => []);
  for (let round = -10; round < Number(options.rounds); round++) {
    for (let turn = 0; turn < stores.length; turn++) {
      // Another candidate starts each round, so none always follows the one that leaves the most garbage.
      const at = (turn + round + 10) % stores.length;
      const used = await cpuTime(async () => {
        for (let i = 0; i < TURN; i++) await call(stores[at][1], i);
      });
      if (round >= 0) times[at].push(used / TURN);
    }
  }
  console.log(`\n${operation}\n${"".padEnd(16)}${"µs/op".padStart(8)}${"ratio".padStart(8)}`);
  for (const [at, [name]] of stores.entries()) {
    const ratio = median(times[at].map((time, round) => time / times[0][round]));
    console.log(`${name.padEnd(16)}${median(times[at]).toFixed(2).padStart(8)}${ratio.toFixed(2).padStart(8)}`);
  }
}
