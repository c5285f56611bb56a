import { refuse } from "./checks.ts";

/** Refuses what {@link pause} cannot listen to, such as an `AbortController`. */
export function abortable(signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof signal?.addEventListener !== "function") refuse("signal", "an AbortSignal");
}

/** Waits, but no longer than until the signal ends it; whether it has is for the caller to look at. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
