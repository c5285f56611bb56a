/**
 * Work that several requests wait for, as plain data.
 *
 * On Workers a request must not await a promise of another request: when the other one is cancelled, the promise never
 * settles. Plain data can be shared, so whoever waits looks at it with timers of its own.
 */
export interface SharedWork<T> {
  /** Grows while the request that does the work is alive. */
  beats: number;
  /** How the work ended. */
  outcome?: { readonly value: T } | { readonly error: unknown };
  /** Whether the work took too long. Nobody waits for it any more. */
  over: boolean;
}

/** Milliseconds between two beats. */
const BEAT = 300;

/** Milliseconds without a beat after which the request that does the work counts as cancelled. */
const SILENCE = 1000;

/** The shortest and the longest pause between two looks at shared work, in milliseconds. */
const SHORTEST_LOOK = 1;
const LONGEST_LOOK = 50;

/**
 * Lets shared work show that it is alive, until the function that this returns is called.
 *
 * @param longest Milliseconds after which the work is over, even though it is still running.
 * @param onBeat Is called with each beat.
 */
export function keepBeating(work: SharedWork<unknown>, longest: number, onBeat?: () => void): () => void {
  let left = longest;
  let timer: ReturnType<typeof setTimeout>;
  const next = (): void => {
    timer = unattended(setTimeout(beat, Math.min(BEAT, left)));
  };
  const beat = (): void => {
    left -= BEAT;
    if (left <= 0) {
      work.over = true;
      return;
    }
    work.beats++;
    onBeat?.();
    next();
  };
  next();
  return () => clearTimeout(timer);
}

/**
 * Waits until shared work has ended. Returns its outcome, or `undefined` when the work is over, when the request that
 * did it is gone, or when `mayGoOn` returns `false`.
 *
 * @param mayGoOn Is called after each pause with the milliseconds of that pause.
 */
export async function outcomeOf<T>(
  work: SharedWork<T>,
  mayGoOn: (paused: number) => boolean = () => true,
): Promise<SharedWork<T>["outcome"]> {
  let beats = work.beats;
  let silent = 0;
  // Only pauses are counted, not the clock: a process that stood still for a second has heard no beats, either.
  for (let pause = SHORTEST_LOOK; !work.outcome && !work.over; pause = Math.min(pause * 2, LONGEST_LOOK)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    silent = work.beats === beats ? silent + pause : 0;
    beats = work.beats;
    if (!work.outcome && (silent >= SILENCE || !mayGoOn(pause))) return undefined;
  }
  return work.outcome;
}

/** Lets a process end while a timer runs, where it would wait otherwise. */
export function unattended<Timer>(timer: Timer): Timer {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
