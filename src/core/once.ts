import { keepBeating, outcomeOf, type SharedWork } from "./shared-work.ts";

/** Start over after this many milliseconds: Workers may kill a request's unfinished work along with the request. */
const PATIENCE = 10_000;

/**
 * Makes something at the first call and keeps it, unless that fails. Calls at the same time wait for the same attempt,
 * and take over within about a second when the request that makes it is cancelled.
 */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: { readonly value: T } | undefined;
  let current: (SharedWork<T> & { readonly until: number }) | undefined;

  async function start(): Promise<T> {
    const work: NonNullable<typeof current> = { beats: 0, over: false, until: Date.now() + PATIENCE };
    current = work;
    const stop = keepBeating(work, PATIENCE);
    try {
      const value = await make();
      made = work.outcome = { value };
      return value;
    } catch (error) {
      work.outcome = { error };
      throw error;
    } finally {
      stop();
      if (current === work) current = undefined;
    }
  }

  return async () => {
    while (!made) {
      const work = current;
      if (!work || Date.now() >= work.until) return start();
      const outcome = await outcomeOf(work, () => Date.now() < work.until);
      if (outcome && "error" in outcome) throw outcome.error;
      // Several may have waited for a request that is gone: the first of them starts over.
      if (!outcome && current === work) current = undefined;
    }
    return made.value;
  };
}
