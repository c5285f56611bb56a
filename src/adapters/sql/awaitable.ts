import type { Awaitable } from "../../core/driver.ts";
import { isPromise } from "../../core/promises.ts";

/** Calls a function with a value, or later with what a promise resolves to. A database in this process then needs no promises. */
export function chain<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Does something, and something else instead if that throws or rejects. */
export function recover<T>(work: () => Awaitable<T>, instead: (error: unknown) => Awaitable<T>): Awaitable<T> {
  try {
    const value = work();
    return isPromise(value) ? value.then(undefined, instead) : value;
  } catch (error) {
    return instead(error);
  }
}
