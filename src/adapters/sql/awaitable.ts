import type { Awaitable } from "../../core/driver.ts";

/** Whether a value has to be waited for. */
function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === "function";
}

/** Goes on with a value: at once where it is there, so that a database in this process costs no promise. */
export function chain<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Does something, and something else instead where that throws or rejects. */
export function recover<T>(work: () => Awaitable<T>, instead: (error: unknown) => Awaitable<T>): Awaitable<T> {
  try {
    const value = work();
    return isPromise(value) ? value.then(undefined, instead) : value;
  } catch (error) {
    return instead(error);
  }
}
