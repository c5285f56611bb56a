import type { AnyDriver, CapabilitiesOf, Capability, Store } from "../core/driver.ts";
import { isPlain } from "../core/kinds.ts";
import type { AsyncKeyValue } from "../core/protocol.ts";
import { type Closing, createStore, toDriver } from "../core/store.ts";

export type { Address } from "../core/entry.ts";
export { type Around, type Call, intercept } from "./intercept.ts";
export { type Remapped, type Renaming, remap } from "./remap.ts";
export { type Transformation, transform } from "./transform.ts";
// The signature of every wrapper needs it.
export type { AsyncKeyValue };

/** The result of {@link wrap}: a store with the capabilities `C`, which closes the store that it wraps. */
export type Changed<S, C extends Capability> = Store<C> & Closing<S>;

/** The result of a wrapper: a store with the same capabilities, except `Lost`. */
export type Wrapped<S, Lost extends Capability = never> = Changed<S, Exclude<CapabilitiesOf<S>, Lost>>;

/**
 * Makes a store from a store: passes its driver to `change`, keeps its default collection, and closes it.
 *
 * The result has the capabilities of the new driver. If these are fewer than the store's, name them in the type.
 *
 * @example
 * ```ts
 * import type { AsyncKeyValue } from "edge-key-value";
 * import { type Wrapped, wrap } from "edge-key-value/combinators";
 *
 * export function unlisted<S extends AsyncKeyValue>(store: S): Wrapped<S, "listKeys" | "listCollections"> {
 *   return wrap(store, ({ listKeys: _1, listCollections: _2, ...driver }) => driver);
 * }
 * ```
 */
export function wrap<S extends AsyncKeyValue, C extends Capability = CapabilitiesOf<S>>(
  store: S,
  change: (driver: AnyDriver) => AnyDriver,
): Changed<S, C> {
  const inner: AnyDriver = toDriver(store);
  const changed = change(inner);
  // A driver that does not spread the inner one has no `close`, and the inner one would stay open.
  const driver = inner.close && !changed.close && isPlain(changed) ? { ...changed, close: inner.close } : changed;
  return createStore(driver, { defaultCollection: store.defaultCollection }) as Changed<S, C>;
}
