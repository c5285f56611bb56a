import { inWorld, type World } from "./world.ts";

/** Something that the documentation promises, as a number that a simulation may not exceed. */
export interface Scenario {
  readonly what: string;
  /** What the documentation says, in words. */
  readonly promise: string;
  /** In milliseconds; infinite where the documentation says that there is none. */
  readonly bound: number;
  /** Returns the worst that was seen, in milliseconds. */
  run(seed: number): Promise<number>;
}

/** Makes a scenario that runs in a world of its own. */
export const scenario = (
  what: string,
  promise: string,
  bound: number,
  body: (world: World) => Promise<number>,
): Scenario => ({ what, promise, bound, run: (seed) => inWorld(seed, body) });

export const ISOLATES = 5;

export const isolatesOf = <T>(make: () => T): T[] => Array.from({ length: ISOLATES }, make);
