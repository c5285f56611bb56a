import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { randomOf } from "../chaos.ts";
import { inVirtualTime } from "../virtual-time.ts";

/** A world with virtual time and chance, both the same for the same seed. Times are in milliseconds. */
export interface World {
  /** The true time since the world began. */
  now(): number;
  between(least: number, most: number): number;
  pick<T>(list: readonly T[]): T;
  /** Runs work under a clock that is off by so much. */
  underClock<R>(off: number, work: () => Promise<R>): Promise<R>;
}

/** A day of no meaning: the time of the machine must not change a result. */
const START = Date.UTC(2026, 0, 1);

/** Runs a simulation. Nothing in it may use I/O or WebCrypto, which take real time, but for digests, which are made at once here. */
export async function inWorld<R>(seed: number, body: (world: World) => Promise<R>): Promise<R> {
  const real = { now: Date.now, random: Math.random };
  const random = randomOf(seed);
  const clock = new AsyncLocalStorage<number>();
  Date.now = () => START;
  // Pauses of the library have a random length.
  Math.random = randomOf(seed + 1_000_000);
  Object.defineProperty(crypto.subtle, "digest", { value: digest, configurable: true });
  try {
    return await inVirtualTime(async ({ elapsed }) => {
      Date.now = () => Math.floor(START + elapsed() + (clock.getStore() ?? 0));
      return await body({
        now: elapsed,
        between: (least, most) => least + random() * (most - least),
        pick: (list) => list[Math.floor(random() * list.length)] as (typeof list)[number],
        underClock: (off, work) => clock.run(off, work),
      });
    });
  } finally {
    Date.now = real.now;
    Math.random = real.random;
    Reflect.deleteProperty(crypto.subtle, "digest");
  }
}

async function digest(_: "SHA-256", bytes: Uint8Array): Promise<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(bytes).digest()).buffer;
}

/** What was written, in order, and how late readers see it. Version 0 is what was there before the first write. */
export function history(world: World) {
  const acknowledged: number[] = [0];
  let worst = 0;
  return {
    /** The time by which the worst reader was late. */
    worst: () => worst,
    /** Notes that a version is written, and its writer knows. Versions come one after the other. */
    acknowledge: (version: number) => {
      acknowledged[version] = world.now();
    },
    /** Notes that a reader who began at a time has seen a version. */
    see(version: number, began: number) {
      const replaced = acknowledged[version + 1];
      if (replaced !== undefined) worst = Math.max(worst, began - replaced);
    },
  };
}
