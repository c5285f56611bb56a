import type { AnyDriver, Driver } from "./driver.ts";
import type { Address, Entry } from "./entry.ts";
import type { JsonValue } from "./json.ts";
import { modify } from "./modify.ts";
import type { Operation } from "./operation.ts";

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
