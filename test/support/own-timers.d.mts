/** What replaces the timers of a test's work. */
export interface Timers {
  setTimeout?(body: () => void, ms: number): unknown;
  /** Runtimes have types of their own for timers. */
  clearTimeout?(timer: never): void;
}

export function withTimers<R>(fakes: Timers, work: () => R | Promise<R>): Promise<R>;
