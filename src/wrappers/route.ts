import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators.ts";
import type { AnyDriver, Awaitable, Capabilities, Capability, Driver, Entry, Store } from "../driver.ts";
import { KeyValueError } from "../errors.ts";
import { pageOf } from "../order.ts";
import { createStore, toDriver } from "../store.ts";
import { together } from "../together.ts";
import { narrower } from "./internal/limits.ts";
import { several } from "./internal/several.ts";

/** Options of {@link route}. */
export interface RouteOptions<S extends AsyncKeyValue, O extends AsyncKeyValue> {
  readonly stores: Readonly<Record<string, S>>;
  /** Names the store of an entry, always the same one; `undefined` for `otherwise`. */
  readonly pick: (collection: string, key: string) => string | undefined;
  readonly otherwise: O;
}

/**
 * A store that keeps its entries in several others: each where `pick` says, or in the short form where its collection
 * does. It can do what all of them can. A bulk asks each store at most once, all at the same time.
 *
 * Where `pick` may spread a collection, its keys are listed one store after the other, and it is destroyed in all of
 * them. A page of collections is made of all names. `destroy` destroys everything that the stores own.
 *
 * @throws KeyValueError `misconfigured` when `pick` names a store that is not there.
 */
export function route<S extends AsyncKeyValue, O extends AsyncKeyValue>(options: RouteOptions<S, O>): Wrapped<S | O>;
export function route<S extends AsyncKeyValue, O extends AsyncKeyValue>(
  collections: Readonly<Record<string, S>>,
  otherwise: O,
): Wrapped<S | O>;
export function route(first: object, last?: AsyncKeyValue): Store<Capability> {
  type Options = RouteOptions<AsyncKeyValue, AsyncKeyValue>;
  const options = (last ? { stores: first, otherwise: last } : first) as Omit<Options, "pick"> & Partial<Options>;
  const { stores, pick, otherwise } = options;
  // Typed as if they could do everything; what not all of them can is taken away again below.
  const rest = toDriver(otherwise) as Driver<Capability>;
  const named = new Map(Object.entries(stores).map(([name, store]) => [name, toDriver(store) as typeof rest]));
  const all = [...new Set([...named.values(), rest])];

  function find(collection: string, key = ""): typeof rest {
    const name = pick ? pick(collection, key) : named.has(collection) ? collection : undefined;
    const driver = name === undefined ? rest : named.get(name);
    if (driver) return driver;
    throw new KeyValueError("misconfigured", "pick names no store", { store: "route", collection, key });
  }
  const spread = (collection: string) => (pick ? all : [find(collection)]);

  /** Asks each store for its part. */
  async function split<R>(
    collection: string,
    keys: readonly string[],
    ask: (driver: AnyDriver, part: string[]) => Awaitable<R>,
  ): Promise<R[]> {
    const parts = new Map<AnyDriver, string[]>();
    for (const key of keys) {
      const driver = find(collection, key);
      const part = parts.get(driver);
      if (part) part.push(key);
      else parts.set(driver, [key]);
    }
    return together(Array.from(parts, ([driver, part]) => [part, () => ask(driver, part)]));
  }

  const able: Capabilities = {
    async listKeys(collection, { cursor = "0:", ...page }) {
      const asked = spread(collection);
      const at = Number.parseInt(cursor, 10);
      const driver = asked[at];
      if (!driver) throw new KeyValueError("invalid_cursor", "unknown cursor", { store: "route", collection });
      const inner = cursor.slice(`${at}:`.length) || undefined;
      const { names, cursor: next } = await driver.listKeys(collection, { ...page, cursor: inner });
      const following = next === undefined ? asked[at + 1] && `${at + 1}:` : `${at}:${next}`;
      return { names: names.filter((key) => find(collection, key) === driver), cursor: following };
    },
    async listCollections({ prefix, ...page }) {
      const names = new Set<string>();
      for (const driver of all) {
        for await (const name of createStore(driver).collections({ prefix })) {
          if (pick || find(name) === driver) names.add(name);
        }
      }
      return pageOf(names, page);
    },
    async destroyCollection(collection) {
      const asked = spread(collection).map((driver) => driver.destroyCollection(collection));
      return (await Promise.all(asked)).includes(true);
    },
    destroy: async () => (await Promise.all(all.map((driver) => driver.destroy()))).includes(true),
    cull: async () => (await Promise.all(all.map((driver) => driver.cull()))).reduce((sum, culled) => sum + culled),
    swap: (collection, key, expected, next) => find(collection, key).swap(collection, key, expected, next),
  };
  const capabilities = Object.entries(able).filter(([name]) => all.every((driver) => driver[name as Capability]));

  return wrap(otherwise, () => ({
    name: "route",
    ...several(all),
    limits: all.map(({ limits }) => limits).reduce(narrower),
    repeatableSwap: all.every((driver) => driver.repeatableSwap) || undefined,
    async read(collection, keys, how) {
      const found = new Map<string, Entry | undefined>();
      await split(collection, keys, async (driver, part) => {
        const entries = await driver.read(collection, part, how);
        for (const [i, key] of part.entries()) found.set(key, entries[i]);
      });
      return keys.map((key) => found.get(key));
    },
    async write(collection, items) {
      const entries = new Map(items);
      await split(collection, [...entries.keys()], (driver, part) => {
        const own = part.map((key) => [key, entries.get(key)!] as const);
        return driver.write(collection, own);
      });
    },
    async remove(collection, keys) {
      const removed = await split(collection, keys, (driver, part) => driver.remove(collection, part));
      return removed.reduce((sum, count) => sum + count, 0);
    },
    ...Object.fromEntries(capabilities),
  }));
}
