// `npm run bench:growth`: what the memory store costs when it grows: time per entry should stay flat from 10³ to 10⁶ entries.
//
// It measures CPU time, which other programs affect little.
//
//   node bench/growth.mjs [--max 1000000]
import { parseArgs } from "node:util";
import { memoryStore } from "../src/index.ts";
import { cpuTime as cpu, save, saveResults } from "./support.mjs";

const { values: options } = parseArgs({ options: { max: { type: "string", default: "1000000" }, ...save } });
/** How many operations of each kind to measure at each size. */
const SAMPLES = 2000;

// The first runs let the engine compile, and do not count.
for (let run = 0; run < 5; run++) await measured(1000);
const rows = [];
for (let size = 1000; size <= Number(options.max); size *= 10) rows.push(await measured(size));
const columns = Object.keys(rows[0]);
console.log(columns.map((name) => name.padStart(Math.max(10, name.length + 2))).join(""));
for (const row of rows) {
  console.log(columns.map((name) => format(row[name]).padStart(Math.max(10, name.length + 2))).join(""));
}

if (options.save) saveResults("growth", { growth: Object.fromEntries(rows.map((row) => [row.entries, row])) });

async function measured(entries) {
  const store = memoryStore();
  const row = { entries };
  // Names in random order, like hashes and random ids.
  const keyOf = (i) => `user:${((i * 2654435761) % 2 ** 32).toString(36)}`;
  row["fill, µs/entry"] =
    (await cpu(async () => {
      for (let i = 0; i < entries; i++) await store.put(keyOf(i), { i, name: "Alice" }, { ttl: 3600 });
    })) / entries;
  const someKeys = Array.from({ length: SAMPLES }, (_, i) => keyOf((i * 7919) % entries));
  row["get, µs"] = (await cpu(() => each(someKeys, (key) => store.get(key)))) / SAMPLES;
  row["put, µs"] = (await cpu(() => each(someKeys, (key) => store.put(key, { i: 0 }, { ttl: 3600 })))) / SAMPLES;
  row["slowest put, ms"] = await slowest(someKeys, (key) => store.put(key, { i: 0 }, { ttl: 3600 }));
  row["first page of 100, ms"] = (await cpu(() => store.listKeys({ limit: 100 }))) / 1000;
  const pages = [];
  let listed = 0;
  let cursor;
  row["all pages, µs/entry"] =
    (await cpu(async () => {
      do {
        let page;
        pages.push(
          await cpu(async () => {
            page = await store.listKeys({ limit: 100, cursor });
          }),
        );
        listed += page.names.length;
        cursor = page.cursor;
      } while (cursor !== undefined);
    })) / entries;
  if (listed !== entries) throw new Error(`${listed} of ${entries} were listed`);
  row["slowest page, ms"] = Math.max(...pages) / 1000;
  row["page after puts, ms"] = await slowest(Array(50).fill(0), async (_, i) => {
    await store.put(`new ${i}`, i);
    await store.listKeys({ limit: 100, prefix: "user:" });
  });
  return row;
}

async function each(list, run) {
  for (const [i, item] of list.entries()) await run(item, i);
}

/** Returns the milliseconds of the slowest of several calls. */
async function slowest(list, run) {
  let most = 0;
  await each(list, async (item, i) => {
    most = Math.max(most, await cpu(() => run(item, i)));
  });
  return most / 1000;
}

function format(number) {
  return number >= 1000 ? String(number) : number.toPrecision(3);
}
