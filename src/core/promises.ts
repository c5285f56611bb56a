import type { Awaitable } from "./driver.ts";

/** Whether a result is a promise: code that awaits promises only lets nothing come in between where there are none. */
export function isPromise<T>(result: Awaitable<T>): result is PromiseLike<T> {
  return typeof (result as PromiseLike<T> | null | undefined)?.then === "function";
}
