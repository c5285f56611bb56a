/** How long one call still waits for others. */
export interface Patience {
  /** Waits before the next look at somebody else's lease; pauses grow. Returns the milliseconds. */
  pause(): Promise<number>;
  /** Counts a pause that was made elsewhere; returns whether the call may go on waiting. */
  count(paused: number): boolean;
  isOver(): boolean;
}

/** The pauses between two looks, in milliseconds. */
const SHORTEST_PAUSE = 20;
const LONGEST_PAUSE = 300;

/** @param most The milliseconds of all waiting. */
export function patienceOf(most: number): Patience {
  const since = Date.now();
  let waited = 0;
  let next = SHORTEST_PAUSE;
  const patience: Patience = {
    async pause() {
      // Callers who wait together must not come back together.
      const milliseconds = Math.min(next * (0.5 + Math.random() / 2), Math.max(1, most - waited));
      next = Math.min(next * 2, LONGEST_PAUSE);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      waited += milliseconds;
      return milliseconds;
    },
    count(paused) {
      waited += paused;
      return !patience.isOver();
    },
    // Count pauses as well as the clock: on Workers the clock stands still between I/O.
    isOver: () => waited >= most || Date.now() - since >= most,
  };
  return patience;
}
