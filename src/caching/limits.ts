import { KeyValueError } from "../core/errors.ts";
import { settledWithin } from "../core/times.ts";

/** Settles as work does, or rejects with code `timeout` after some seconds. The work goes on. */
export async function within<T>(work: Promise<T>, seconds: number, key: string): Promise<T> {
  if (!(await settledWithin(seconds * 1000, work))) {
    // Nobody waits for it any more.
    work.catch(() => {});
    throw new KeyValueError("timeout", `the function took longer than ${seconds} seconds`, { key });
  }
  return await work;
}
