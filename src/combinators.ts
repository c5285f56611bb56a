import type { AnyDriver, CapabilitiesOf, Capability, Store } from "./driver.ts";
import type { AsyncKeyValue } from "./protocol.ts";
import { type Closing, createStore, toDriver } from "./store.ts";

export { type Around, type Call, intercept } from "./combining/intercept.ts";
export { type Remapped, type Renaming, remap } from "./combining/remap.ts";
export { type Address, type Transformation, transform } from "./combining/transform.ts";
// Every signature of a wrapper needs it.
export type { AsyncKeyValue };

/** What a wrapper makes of a store: one that can do the same, except for what is `Lost`. */
export type Wrapped<S, Lost extends Capability = never> = Store<Exclude<CapabilitiesOf<S>, Lost>> & Closing<S>;

/**
 * Makes a store of a store: hands its driver to `change` and keeps its default collection.
 *
 * The result has the capabilities that the new driver has; name them in the type where it has fewer than the store.
 */
export function wrap<S extends AsyncKeyValue, C extends Capability = CapabilitiesOf<S>>(
  store: S,
  change: (driver: AnyDriver) => AnyDriver,
): Store<C> & Closing<S> {
  const driver = change(toDriver(store) as AnyDriver);
  return createStore(driver, { defaultCollection: store.defaultCollection }) as Store<C> & Closing<S>;
}
