import { atomics } from "./atomics.ts";
import { baseStore, type StoreOptions } from "./base-store.ts";
import { refuse } from "./checks.ts";
import type { AnyDriver, CapabilitiesOf, Capability, Driver, MethodNames, Store } from "./driver.ts";
import { overMethods } from "./foreign-driver.ts";
import { isPlain } from "./kinds.ts";
import type { AsyncKeyValue, CapabilityMethods } from "./protocol.ts";
import { drivers } from "./registry.ts";

export type { StoreOptions };

/** The key of `Symbol.asyncDispose` where the compiler's libraries know it. */
export type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol } ? Key : never;

/** What a store has when its driver has something to close, so that `await using` can do it. */
export type Closable<D> = D extends { close(): unknown } ? { [Key in AsyncDispose]: () => Promise<void> } : unknown;

/** What a wrapper keeps of {@link Closable}: it closes what it wraps. */
export type Closing<S> = Pick<S, Extract<keyof S, AsyncDispose>>;

/**
 * Makes a store from a driver. The store checks arguments, copies values and keeps deadlines.
 *
 * It has the methods of the driver's capabilities and no others.
 *
 * @throws TypeError when the driver is not a plain object: `{ ...driver }` would lose methods that are on a prototype.
 * @example
 * ```ts
 * import { createStore, type Entry } from "edge-key-value";
 *
 * const entries = new Map<string, Entry>();
 * const nameOf = (collection: string, key: string) => JSON.stringify([collection, key]);
 *
 * const store = createStore({
 *   name: "map",
 *   consistency: "strong",
 *   read: (collection, keys) => keys.map((key) => entries.get(nameOf(collection, key))),
 *   write(collection, items) {
 *     for (const [key, entry] of items) entries.set(nameOf(collection, key), entry);
 *   },
 *   remove(collection, keys) {
 *     const names = keys.map((key) => nameOf(collection, key)).filter((name) => entries.has(name));
 *     const live = names.filter((name) => (entries.get(name)?.expiresAt ?? Infinity) > Date.now());
 *     for (const name of names) entries.delete(name);
 *     return live.length;
 *   },
 * });
 *
 * await store.put("user:1", { name: "Alice" }, { ttl: 60 });
 * await store.get("user:1"); // => { name: "Alice" }
 * ```
 */
export function createStore<const D extends AnyDriver>(
  driver: D,
  options?: StoreOptions,
): Store<CapabilitiesOf<D>> & Closable<D>;
export function createStore(driver: AnyDriver, options?: StoreOptions): AsyncKeyValue {
  if (!isPlain(driver)) refuse("driver", "a plain object: { ...driver } loses what is on a prototype", driver);
  const { swap, cull, close } = driver;
  return baseStore(driver, options, (args) => ({
    ...(swap && atomics(driver as Driver<"swap">, args)),
    ...(cull && { cull: async () => await cull() }),
    ...(close && { [Symbol.asyncDispose]: async () => close() }),
  }));
}

/**
 * Returns whether a store has the methods of a capability, and narrows its type.
 *
 * @example
 * ```ts
 * import { type AsyncKeyValue, supports } from "edge-key-value";
 *
 * export async function redeem(store: AsyncKeyValue, token: string): Promise<boolean> {
 *   if (!supports(store, "swap")) throw new Error("one-time tokens need a store with atomic operations");
 *   return (await store.take(token)) !== null;
 * }
 * ```
 */
export function supports<S extends AsyncKeyValue, C extends Capability>(
  store: S,
  capability: C,
): store is S & Pick<CapabilityMethods, MethodNames[C]> {
  return (capability === "swap" ? "putIfAbsent" : capability) in store;
}

/**
 * Returns the driver behind a store: what wrappers build on.
 *
 * For a store that was spread, proxied or implemented elsewhere, it returns a driver that calls the store's own eight
 * methods. That driver has no capabilities and counts as eventually consistent.
 *
 * @throws TypeError when `store` is not a store.
 * @example
 * ```ts
 * import { memoryStore, toDriver } from "edge-key-value";
 *
 * const store = memoryStore();
 * toDriver(store).consistency; // => "strong"
 * toDriver({ ...store }).consistency; // => "eventual"
 * ```
 */
export function toDriver<S extends AsyncKeyValue>(store: S): Driver<CapabilitiesOf<S>>;
export function toDriver(store: AsyncKeyValue): AnyDriver {
  const driver = drivers().get(store);
  if (!driver && typeof store?.ttlMany !== "function") refuse("store", "an AsyncKeyValue", store);
  return driver ?? overMethods(store);
}
