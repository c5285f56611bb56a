// What benchmarks share: numbers that are random and the same in each run, quartiles, and files of results.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, type } from "node:os";

/** Numbers below a limit, the same in every process. */
export function random() {
  let state = 1;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

export function shuffled(length, next) {
  const list = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const other = next(i + 1);
    [list[i], list[other]] = [list[other], list[i]];
  }
  return list;
}

function quantile(numbers, part) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(part * (numbers.length - 1))];
}

export const median = (numbers) => quantile(numbers, 0.5);

/** The lower quartile, the median and the upper quartile. */
export const quartiles = (numbers) => [0.25, 0.5, 0.75].map((part) => quantile(numbers, part));

/** The time of the processor that a call takes, in microseconds. Other programs affect it little. */
export async function cpuTime(call) {
  const start = process.cpuUsage();
  await call();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** An option of every benchmark that `bench/pictures.mjs` draws: write the results to a file as well. */
export const save = { save: { type: "boolean", default: false } };

/** Writes the results of a benchmark, with where and when they were measured, to `bench/results`. */
export function saveResults(name, tables) {
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const [{ model }] = cpus();
  const machine = `${cpus().length} × ${model.trim()}, ${type()}, Node ${process.versions.node}`;
  const results = { date: new Date().toISOString().slice(0, 10), machine, tables };
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(results, null, 2)}\n`);
}
