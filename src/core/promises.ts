import type { Awaitable } from "./driver.ts";

/** Whether a result is a promise. Code that awaits nothing else runs without interruption where there is none. */
export function isPromise<T>(result: Awaitable<T>): result is PromiseLike<T> {
  return typeof (result as PromiseLike<T> | null | undefined)?.then === "function";
}
