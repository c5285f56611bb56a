import type { AnyDriver } from "./driver.ts";

/** Where the copies of this package keep the drivers of their stores. */
interface Shared {
  [key: symbol]: WeakMap<object, AnyDriver> | undefined;
}

/**
 * Returns the drivers of the stores that this library made, by store. A store that has none was spread, proxied, or made by
 * somebody else.
 *
 * All copies of this package in a program share it: two versions in one bundle, or a linked workspace. The version in its
 * name is that of the contract of drivers. Raise it when a copy can no longer use the drivers of an older one.
 */
export function drivers(): WeakMap<object, AnyDriver> {
  return ((globalThis as unknown as Shared)[Symbol.for("edge-key-value/drivers/v1")] ??= new WeakMap());
}
