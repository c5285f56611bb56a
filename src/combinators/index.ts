import type { AnyDriver, CapabilitiesOf, Capability, Store } from "../core/driver.ts";
import { isPlain } from "../core/json.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { type Closing, createStore, toDriver } from "../core/store.ts";

export type { Address } from "../core/entry.ts";
export { type Around, type Call, intercept } from "./intercept.ts";
export { type Remapped, type Renaming, remap } from "./remap.ts";
export { type Transformation, transform } from "./transform.ts";
// Every signature of a wrapper needs it.
export type { AsyncKeyValue };

/** What {@link wrap} makes of a store: one with the capabilities `C`, that closes what it wraps. */
export type Changed<S, C extends Capability> = Store<C> & Closing<S>;

/** What a wrapper makes of a store: one that can do the same, except for what is `Lost`. */
export type Wrapped<S, Lost extends Capability = never> = Changed<S, Exclude<CapabilitiesOf<S>, Lost>>;

/**
 * Makes a store of a store: hands its driver to `change`, keeps its default collection, and closes it.
 *
 * The result has the capabilities that the new driver has; name them in the type where it has fewer than the store.
 */
export function wrap<S extends AsyncKeyValue, C extends Capability = CapabilitiesOf<S>>(
  store: S,
  change: (driver: AnyDriver) => AnyDriver,
): Changed<S, C> {
  const inner: AnyDriver = toDriver(store);
  const changed = change(inner);
  // A driver that was not made by spreading the inner one leaves it open otherwise.
  const driver = inner.close && !changed.close && isPlain(changed) ? { ...changed, close: inner.close } : changed;
  return createStore(driver, { defaultCollection: store.defaultCollection }) as Changed<S, C>;
}
