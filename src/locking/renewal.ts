import type { Lock } from "./held.ts";

/** Extends a lock from now on. */
export interface Renewal {
  stop(): void;
}

/**
 * Extends a lock each third of its life until it is stopped, and tells when the lock is lost: somebody else has it, or the store
 * has not extended it for as long as it lives.
 *
 * @param life Milliseconds for which each extension holds the lock.
 * @param since When the store was asked for the lock, in epoch milliseconds.
 */
export function keepExtended(held: Lock, life: number, since: number, onLost: (cause: unknown) => void): Renewal {
  let stopped = false;
  let cause: unknown;
  let next: ReturnType<typeof setTimeout>;
  let end: ReturnType<typeof setTimeout>;

  function stop(): void {
    stopped = true;
    clearTimeout(next);
    clearTimeout(end);
  }

  function lose(): void {
    stop();
    onLost(cause);
  }

  /** The lock is safe for its life, counted from when the store was asked: the reply may have taken long. */
  function holdFrom(asked: number): void {
    clearTimeout(end);
    end = setTimeout(lose, Math.min(life, asked + life - Date.now()));
  }

  async function extend(): Promise<void> {
    const asked = Date.now();
    // A store that fails may be back in time.
    const extended = await held.extend().catch((error: unknown) => {
      cause = error;
      return undefined;
    });
    if (stopped) return;
    if (extended === false) return lose();
    if (extended) holdFrom(asked);
    next = setTimeout(extend, life / 3);
  }

  holdFrom(since);
  next = setTimeout(extend, life / 3);
  return { stop };
}
