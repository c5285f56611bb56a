// What a soak measures of its own process, and what of it is a failure.
import { readFileSync } from "node:fs";

const MEGABYTE = 1024 * 1024;

/** Growth from the first third of a run to the last that is none: a share and a number of bytes more. */
const NOISE = {
  heap: { share: 0.1, bytes: 4 * MEGABYTE },
  rss: { share: 0.2, bytes: 32 * MEGABYTE },
  // The simulator collects its garbage when it likes.
  servers: { share: 0.5, bytes: 128 * MEGABYTE },
};

/** Takes a sample after a garbage collection: bytes of the heap, of the process, and of the processes that it has started. */
export function sample() {
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss, servers: bytesOfChildren(process.pid) };
}

/** Compares the medians of the first and the last third. */
export function growthOf(samples) {
  const third = Math.ceil(samples.length / 3);
  return Object.fromEntries(
    Object.entries(NOISE).map(([kind, { share, bytes }]) => {
      const first = median(samples.slice(0, third).map((one) => one[kind]));
      const last = median(samples.slice(-third).map((one) => one[kind]));
      return [kind, { first, last, grows: last > first * (1 + share) + bytes }];
    }),
  );
}

/** What keeps the process alive: timers, sockets, processes. */
export const resources = () => process.getActiveResourcesInfo().sort();

/** What is there beyond what was there before. */
export function left(before, now = resources()) {
  const rest = [...before];
  return now.filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** The resident bytes of all processes below one, on Linux; elsewhere 0. */
function bytesOfChildren(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return children.reduce((sum, child) => sum + bytesOf(child) + bytesOfChildren(child), 0);
  } catch {
    return 0;
  }
}

function bytesOf(pid) {
  const [, kilobytes = 0] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
