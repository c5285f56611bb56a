/** What replaces the timers of a test's work. */
export interface Timers {
  setTimeout?(body: () => void, ms: number): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: Runtimes have types of their own for timers.
  clearTimeout?(timer: any): void;
}

export function withTimers<R>(fakes: Timers, work: () => R | Promise<R>): Promise<R>;
