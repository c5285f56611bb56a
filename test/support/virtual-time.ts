import { withTimers } from "./own-timers.mjs";

/** A clock and timers that a test moves, so that minutes pass in no time and a slow machine changes nothing. */
export interface VirtualTime {
  /** Milliseconds since the test began. */
  elapsed(): number;
  /** Sets the clock forward or back without letting any timer fire. */
  jump(milliseconds: number): void;
}

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/**
 * Runs a test with a virtual clock. Whenever nothing is left to do, the next timer fires at once and the clock shows its
 * time. It ends with the test, or fails when the test waits for something that no timer will bring.
 */
export async function inVirtualTime<R>(body: (time: VirtualTime) => Promise<R>): Promise<R> {
  const { now } = Date;
  const start = now();
  let elapsed = 0;
  let skew = 0;
  let ids = 0;
  const timers = new Map<number, Timer>();
  const fakes = {
    setTimeout(fn: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) {
      timers.set(++ids, { at: elapsed + Math.max(1, delay), fire: () => fn(...args) });
      return ids;
    },
    clearTimeout: (id: number) => timers.delete(id),
  };
  Date.now = () => start + elapsed + skew;
  try {
    return await withTimers(fakes, async () => {
      let ended = false;
      const jump = (milliseconds: number) => {
        skew += milliseconds;
      };
      const result = body({ elapsed: () => elapsed, jump }).finally(() => {
        ended = true;
      });
      // It is awaited below; a failure must not count as unhandled until then.
      result.catch(() => {});
      for (let idle = 0; !ended; ) {
        await new Promise<void>((resolve) => soon(resolve));
        const next = [...timers].reduce<[number, Timer] | undefined>(
          (first, timer) => (first && first[1].at <= timer[1].at ? first : timer),
          undefined,
        );
        if (ended) break;
        if (next) {
          idle = 0;
          timers.delete(next[0]);
          elapsed = Math.max(elapsed, next[1].at);
          next[1].fire();
        } else if (++idle > 100) throw new Error("the test waits for something that no timer brings");
      }
      return await result;
    });
  } finally {
    Date.now = now;
  }
}

/** The fastest way to let everything happen that waits for no timer. */
const { setImmediate: soon = setTimeout } = globalThis as { setImmediate?: (fn: () => void) => void };
