import { KeyValueError } from "../core/errors.ts";
import { LONGEST_DELAY } from "../core/times.ts";

/** Whether work takes longer than some seconds. It goes on in any case. */
export async function isLate(work: Promise<unknown>, seconds: number): Promise<boolean> {
  let stop = (): void => {};
  const late = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(true), Math.min(seconds * 1000, LONGEST_DELAY));
    stop = () => clearTimeout(timer);
  });
  const done = work.then(
    () => false,
    () => false,
  );
  return await Promise.race([done, late]).finally(() => stop());
}

/** Settles as work does, or rejects with code `timeout` after some seconds. The work goes on. */
export async function within<T>(work: Promise<T>, seconds: number, key: string): Promise<T> {
  if (await isLate(work, seconds)) {
    // Nobody waits for it any more.
    work.catch(() => {});
    throw new KeyValueError("timeout", `the function took longer than ${seconds} seconds`, { key });
  }
  return await work;
}
