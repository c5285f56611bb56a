import type { AnyDriver, Driver } from "./driver.ts";
import type { Address, Entry } from "./entry.ts";
import type { JsonValue } from "./json.ts";
import { modify } from "./modify.ts";

/** The outcome of an operation: the next entry, and the result for the caller. */
export interface Step<R> {
  /** The same entry: nothing changes. `undefined`: the entry is removed. */
  readonly next: Entry | undefined;
  readonly result: R;
}

/**
 * A kind of atomic operation. Its name and arguments are plain data that can be sent to the backend, and `run` defines what
 * they do. A backend that cannot run JavaScript has its own implementation, which must do the same.
 */
export interface Operation<A extends JsonValue, R extends JsonValue> {
  readonly name: string;
  /** A pure function of a live entry (`undefined`: there is none), the arguments and the time in epoch milliseconds. */
  run(entry: Entry | undefined, args: A, now: number): Step<R>;
}

/**
 * Applies an operation: in one call if the driver knows it, else by a read and a swap.
 *
 * @throws KeyValueError `conflict` or `aborted`, as {@link modify} does.
 */
export async function operate<A extends JsonValue, R extends JsonValue>(
  driver: Driver<"swap">,
  address: Address,
  operation: Operation<A, R>,
  args: A,
  signal?: AbortSignal,
): Promise<R> {
  const { operations, apply, modify: make = modify }: AnyDriver = driver;
  if (apply && operations?.has(operation.name)) return await apply(address.collection, address.key, operation, args);
  let result: R | undefined;
  const run = (entry: Entry | undefined) => {
    const step = operation.run(entry, args, Date.now());
    result = step.result;
    return step.next;
  };
  await make(driver, address, run, signal);
  return result as R;
}
