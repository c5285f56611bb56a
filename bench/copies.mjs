// `npm run bench:copies`: what the copies that a store makes of values cost, beside a round trip through JSON.
//
// A put checks and copies a value; a get copies what is known to be JSON. Each kind of value is 100 different values, as
// `JSON.parse` makes them. It counts the time of the processor; candidates take turns, and each ratio is the median over the
// rounds of its ratio to JSON in the same round.
//
//   node bench/copies.mjs [--rounds 40]
//   bun bench/copies.mjs
import { parseArgs } from "node:util";
import { copyJson, toJson } from "../src/core/json.ts";
import { cpuTime, quartiles, random } from "./support.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "40" } } });
const VALUES = 100;
const upTo = random();

const list = (length, make) => Array.from({ length }, (_, i) => make(i));
const text = (length) => list(length, () => String.fromCharCode(97 + upTo(26))).join("");
const person = (i) => ({
  id: i,
  name: text(8),
  email: `${text(6)}@example.com`,
  roles: ["admin", text(5)],
  visits: upTo(1e6),
});
const nested = (depth) => (depth === 0 ? upTo(10) : { level: depth, inner: nested(depth - 1) });

const kinds = {
  "a number": () => upTo(1e6),
  "a record of 5 fields": person,
  "a session": (i) => ({ user: person(i), basket: list(5, (at) => ({ sku: text(6), count: at })), seen: Date.now() }),
  "100 records": () => list(100, person),
  "1,000 integers": () => list(1000, () => upTo(1e6)),
  "30 names": () => Object.fromEntries(list(30, (at) => [`${text(6)}${at}`, at])),
  "1,000 names": () => Object.fromEntries(list(1000, (at) => [`${text(6)}${at}`, at])),
  "100 levels": () => nested(100),
  "a text of 100 kB": () => ({ text: text(100_000) }),
};

const candidates = [(value) => JSON.parse(JSON.stringify(value)), toJson, copyJson];

const columns = (cells) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(i === 1 ? 12 : 24))).join("");
console.log(columns(["", "JSON, µs", "put (quartiles)", "get (quartiles)"]));
for (const [kind, make] of Object.entries(kinds)) {
  const values = list(VALUES, (i) => JSON.parse(JSON.stringify(make(i))));
  // About 2 ms of the baseline in each turn, so that the clock is fine enough.
  const once = await cpuTime(() => values.forEach(candidates[0]));
  const times = Math.max(1, Math.ceil(2000 / Math.max(once, 1)));
  const rounds = [];
  for (let round = -10; round < Number(options.rounds); round++) {
    const used = [];
    for (const copy of candidates) {
      used.push(
        await cpuTime(() => {
          for (let i = 0; i < times; i++) for (const value of values) copy(value);
        }),
      );
    }
    if (round >= 0) rounds.push(used);
  }
  const perCall = quartiles(rounds.map(([json]) => json / times / VALUES))[1];
  const ratio = (at) => {
    const [low, middle, high] = quartiles(rounds.map((used) => used[at] / used[0])).map((number) => number.toFixed(2));
    return `${middle} (${low} to ${high})`;
  };
  console.log(columns([kind, perCall.toFixed(2), ratio(1), ratio(2)]));
}
