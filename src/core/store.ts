import { atomics } from "./atomics.ts";
import { baseStore, drivers, type StoreOptions } from "./base-store.ts";
import { refuse } from "./checks.ts";
import type { AnyDriver, CapabilitiesOf, Capability, Driver, MethodNames, Store } from "./driver.ts";
import { overMethods } from "./foreign-driver.ts";
import { isPlain } from "./json.ts";
import type { AsyncKeyValue, CapabilityMethods } from "./protocol.ts";

export type { StoreOptions };

/** The key of `Symbol.asyncDispose` where the compiler's libraries know it. */
type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol } ? Key : never;

/** What a store has when its driver has something to close, so that `await using` can do it. */
export type Closable<D> = D extends { close(): unknown } ? { [Key in AsyncDispose]: () => Promise<void> } : unknown;

/** What a wrapper keeps of {@link Closable}: it closes what it wraps. */
export type Closing<S> = Pick<S, Extract<keyof S, AsyncDispose>>;

/**
 * Makes a store of a driver, which checks arguments, copies values and keeps deadlines.
 *
 * The store has the methods of the capabilities that the driver has, and no others.
 *
 * @throws TypeError when the driver is not a plain object: `{ ...driver }` would lose methods that are on a prototype.
 */
export function createStore<const D extends AnyDriver>(
  driver: D,
  options?: StoreOptions,
): Store<CapabilitiesOf<D>> & Closable<D>;
export function createStore(driver: AnyDriver, options?: StoreOptions): AsyncKeyValue {
  if (!isPlain(driver)) refuse("driver", "a plain object: { ...driver } loses what is on a prototype");
  const { swap, cull, close } = driver;
  return baseStore(driver, options, (args) => ({
    ...(swap && atomics(driver as Driver<"swap">, args)),
    ...(cull && { cull: async () => cull() }),
    ...(close && { [Symbol.asyncDispose]: async () => close() }),
  }));
}

/** Whether a store whose capabilities are unknown has the methods that a capability brings; narrows its type. */
export function supports<S extends AsyncKeyValue, C extends Capability>(
  store: S,
  capability: C,
): store is S & Pick<CapabilityMethods, MethodNames[C]> {
  return (capability === "swap" ? "putIfAbsent" : capability) in store;
}

/**
 * The driver behind a store, for wrappers to build on.
 *
 * Of a store that was spread, proxied, or made by somebody else it is one that speaks through the store's own eight
 * methods, so that none of them is bypassed; it has no capabilities and counts as eventually consistent.
 *
 * @throws TypeError when it is no store.
 */
export function toDriver<S extends AsyncKeyValue>(store: S): Driver<CapabilitiesOf<S>>;
export function toDriver(store: AsyncKeyValue): AnyDriver {
  const driver = drivers.get(store);
  if (!driver && typeof store?.get !== "function") refuse("store", "an AsyncKeyValue");
  return driver ?? overMethods(store);
}
