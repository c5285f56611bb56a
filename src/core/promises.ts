import type { Awaitable } from "./driver.ts";

/** Whether a result is a promise. Code that awaits only promises is not interrupted where a driver returns none. */
export function isPromise<T>(result: Awaitable<T>): result is PromiseLike<T> {
  return typeof (result as PromiseLike<T> | null | undefined)?.then === "function";
}

/** Runs a hook and ignores its failure, since nobody can be told. The hook may be asynchronous, whatever its type says. */
export function unheard(hook: () => unknown): void {
  try {
    onRejection(hook(), () => {});
  } catch {}
}

/** Handles the rejection of what a hook has returned: nobody else does, and the process would end. */
export function onRejection(returned: unknown, handle: (error: unknown) => void): void {
  if (isPromise(returned)) returned.then(undefined, handle);
}
