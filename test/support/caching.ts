import { createStore, memoryStore, type Store, toDriver } from "../../src/index.ts";

/** Runs with a clock that is ahead, in milliseconds. */
export function at<R>(offset: number, body: () => Promise<R>): Promise<R> {
  const { now } = Date;
  return withClock(() => now() + offset, body);
}

/** Runs with a clock that stands still, so that not even a slow machine is too late. */
export function stopped<R>(moment: number, body: () => Promise<R>): Promise<R> {
  return withClock(() => moment, body);
}

async function withClock<R>(clock: () => number, body: () => Promise<R>): Promise<R> {
  const { now } = Date;
  Date.now = clock;
  try {
    return await body();
  } finally {
    Date.now = now;
  }
}

/** What a promise is rejected with. */
export function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error("it did not fail"),
    (error) => error,
  );
}

/** A promise and what settles it. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let [resolve, reject] = [(_: T) => {}, (_: unknown) => {}];
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A store in memory that cannot swap, as Workers KV cannot. */
export function withoutSwap(): Store {
  const { swap: _, ...driver } = toDriver(memoryStore());
  return createStore(driver);
}
