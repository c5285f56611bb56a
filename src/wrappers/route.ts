import { dispatch } from "../combinators/dispatch.ts";
import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions, plainObject } from "../core/checks.ts";
import type { AnyDriver, Capability, Store } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { toDriver } from "../core/store.ts";

/** Options of {@link route}. */
export interface RouteOptions<S extends AsyncKeyValue, O extends AsyncKeyValue> {
  readonly stores: Readonly<Record<string, S>>;
  /** Returns the name of an entry's store, always the same one; `undefined` for `otherwise`. */
  readonly pick: (collection: string, key: string) => string | undefined;
  readonly otherwise: O;
}

/**
 * Makes a store that keeps its entries in several others: each in the one that `pick` names, or in the short form in the one
 * that has the name of its collection.
 *
 * It can do what all of them can, atomic operations included. A bulk asks each store at most once, all at the same time.
 * Where `pick` may spread a collection over stores, its keys are listed one store after the other, and it is destroyed in all
 * of them. Each page of collections reads all their names. `destroy` destroys everything that the stores own.
 *
 * @throws KeyValueError `misconfigured` when `pick` names a store that is not in `stores`.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { route } from "edge-key-value/wrappers/route";
 *
 * const [sessions, everythingElse] = [memoryStore(), memoryStore()];
 * const store = route({ sessions }, everythingElse);
 * await store.put("1", { user: "alice" }, { collection: "sessions" });
 * ```
 */
export function route<S extends AsyncKeyValue, O extends AsyncKeyValue>(options: RouteOptions<S, O>): Wrapped<S | O>;
export function route<S extends AsyncKeyValue, O extends AsyncKeyValue>(
  collections: Readonly<Record<string, S>>,
  otherwise: O,
): Wrapped<S | O>;
export function route(first: object, last?: AsyncKeyValue): Store<Capability> {
  type Options = RouteOptions<AsyncKeyValue, AsyncKeyValue>;
  const options = (last ? { stores: first, otherwise: last } : first) as Omit<Options, "pick"> & Partial<Options>;
  const { stores, pick, otherwise } = checkOptions(options, { pick: "function" });
  plainObject(stores, "stores");
  const rest: AnyDriver = toDriver(otherwise);
  const named = new Map(Object.entries(stores).map(([name, store]) => [name, toDriver(store) as AnyDriver]));
  const drivers = [...new Set([...named.values(), rest])];

  function at(collection: string, key = ""): AnyDriver {
    const name = pick ? pick(collection, key) : named.has(collection) ? collection : undefined;
    const driver = name === undefined ? rest : named.get(name);
    if (driver) return driver;
    throw new KeyValueError("misconfigured", "pick names no store", { store: "route", collection, key });
  }
  const over = (collection: string) => (pick ? drivers : [at(collection)]);
  return wrap(otherwise, () => dispatch("route", { drivers, at, over }));
}
