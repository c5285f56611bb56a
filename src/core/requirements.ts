import type { AnyDriver, Driver } from "./driver.ts";
import { KeyValueError } from "./errors.ts";
import type { AsyncKeyValue, CapabilityMethods } from "./protocol.ts";
import { toDriver } from "./store.ts";

/** A store with atomic operations: the argument of the functions that are built on them. */
export type AtomicKeyValue = AsyncKeyValue & Pick<CapabilityMethods, "update">;

/**
 * The driver of a store that has atomic operations.
 *
 * @throws KeyValueError `misconfigured` when the store has none, with a sentence that says what to use.
 */
export function atomicDriver(store: AsyncKeyValue, feature: string): Driver<"swap"> {
  const driver: AnyDriver = toDriver(store);
  if (driver.swap) return driver as Driver<"swap">;
  const message = `${feature} needs a store with atomic operations, and "${driver.name}" has none: use Durable Objects, Redis, SQL or memory`;
  throw new KeyValueError("misconfigured", message, { store: driver.name });
}
