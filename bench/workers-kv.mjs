// `npm run bench:workers-kv`: what the Workers KV adapter itself costs, beside bare calls of a binding.
//
// The binding is a `Map` behind async functions, so that nothing but the adapter's own work differs. `delete` counts the
// entries that it removes, so it reads first: its baseline is a read and a delete. It counts the time of the processor.
//
//   node bench/workers-kv.mjs [--rounds 15]
import { parseArgs } from "node:util";
import { workersKVStore } from "../src/adapters/workers-kv.ts";
import { cpuTime, median, quartiles } from "./support.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
const TURNS = 20_000;

const kept = new Map();
const missing = { value: null, metadata: null };
const binding = {
  async getWithMetadata(names) {
    if (!Array.isArray(names)) return kept.get(names) ?? missing;
    return new Map(names.map((name) => [name, kept.get(name) ?? missing]));
  },
  async put(name, value, { metadata }) {
    kept.set(name, { value, metadata });
  },
  async delete(name) {
    kept.delete(name);
  },
};

const value = JSON.parse('{"name":"Ada Lovelace","email":"ada@example.com","roles":["admin","author"],"visits":42}');
const names = Array.from({ length: 256 }, (_, i) => `user:${i}`);
const whole = (key) => `default_collection::${key}`;
const metadata = () => ({ v: 1, createdAt: Date.now() });
const bare = {
  put: (key) => binding.put(whole(key), JSON.stringify(value), { metadata: metadata() }),
  get: async (key) => JSON.parse((await binding.getWithMetadata(whole(key))).value),
  delete: async (key) => {
    const { value } = await binding.getWithMetadata(whole(key));
    await binding.delete(whole(key));
    return value !== null;
  },
  getMany: async (keys) => {
    const found = await binding.getWithMetadata(keys.map(whole));
    return keys.map((key) => JSON.parse(found.get(whole(key)).value));
  },
};
const store = workersKVStore(binding);
const hundred = names.slice(0, 100);
const rows = {
  put: [(key) => bare.put(key), (key) => store.put(key, value), TURNS],
  get: [(key) => bare.get(key), (key) => store.get(key), TURNS],
  "getMany of 100": [() => bare.getMany(hundred), () => store.getMany(hundred), TURNS / 100],
  delete: [(key) => bare.delete(key), (key) => store.delete(key), TURNS],
};

for (const [title, [first, second, turns]] of Object.entries(rows)) {
  const ratios = [];
  const times = [[], []];
  for (let round = -2; round < Number(options.rounds); round++) {
    const used = [await nanoseconds(first, turns), await nanoseconds(second, turns)];
    if (round < 0) continue;
    ratios.push(used[1] / used[0]);
    for (const at of [0, 1]) times[at].push(used[at]);
  }
  const [low, middle, high] = quartiles(ratios).map((ratio) => ratio.toFixed(2));
  const [bareTime, ownTime] = times.map((list) => median(list).toFixed(0).padStart(7));
  console.log(`${title.padEnd(14)} bare ${bareTime} ns, store ${ownTime} ns, ratio ${middle} (${low} to ${high})`);
}

async function nanoseconds(call, turns) {
  for (const name of names) await store.put(name, value);
  const used = await cpuTime(async () => {
    for (let i = 0; i < turns; i++) await call(names[i % names.length]);
  });
  return (used / turns) * 1000;
}
