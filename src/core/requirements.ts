import type { AnyDriver, Driver } from "./driver.ts";
import { KeyValueError } from "./errors.ts";
import type { AsyncKeyValue, CapabilityMethods } from "./protocol.ts";
import { supports, toDriver } from "./store.ts";

/** A store with atomic operations: the argument of the functions that are built on them. */
export type AtomicKeyValue = AsyncKeyValue & Pick<CapabilityMethods, "update">;

/** What a feature needs of a store. */
export interface Requirements {
  /** Reads see every write that finished before them, from anywhere. */
  readonly strong?: boolean;
  /** `take`, `update`, `increment` and `putIfAbsent`. */
  readonly atomic?: boolean;
  /** `listKeys`. */
  readonly listing?: boolean;
  /** It keeps entries until they expire. */
  readonly lossless?: boolean;
}

/**
 * Refuses a store that lacks what a feature needs.
 *
 * @param feature The name of the feature, with which the message begins.
 * @throws KeyValueError `misconfigured`, with a sentence that says what to use.
 */
export function requireStore(
  store: AsyncKeyValue,
  feature: string,
  { strong, atomic, listing, lossless }: Requirements,
): void {
  const driver: AnyDriver = toDriver(store);
  if (atomic && !supports(store, "swap")) refuseStore(driver, feature, "with atomic operations", "has none");
  if (strong && driver.consistency !== "strong") refuseStore(driver, feature, "that is strongly consistent", "is not");
  if (lossless && driver.lossy) refuseStore(driver, feature, "that keeps its entries", "may drop entries here");
  if (listing && !supports(store, "listKeys")) refuseStore(driver, feature, "that can list its keys", "cannot");
}

/** Returns the driver of a store with atomic operations. Throws as {@link requireStore} does. */
export function atomicDriver(store: AsyncKeyValue, feature: string, needs: Requirements = {}): Driver<"swap"> {
  const driver: AnyDriver = toDriver(store);
  requireStore(store, feature, needs);
  // A store of somebody else may have the methods, but its driver is not known.
  if (driver.swap) return driver as Driver<"swap">;
  return refuseStore(driver, feature, "with atomic operations", "has none");
}

function refuseStore({ name: store }: AnyDriver, feature: string, need: string, lack: string): never {
  const message = `${feature} needs a store ${need}; ${store} ${lack}: use Durable Objects, Redis or SQL`;
  throw new KeyValueError("misconfigured", message, { store });
}
