import { wrap } from "../combinators.ts";
import type { AnyDriver, Awaitable, CapabilitiesOf, Capability, Driver, DriverPage, Store } from "../driver.ts";
import { KeyValueError } from "../errors.ts";
import { pageOf } from "../order.ts";
import type { AsyncKeyValue, Page } from "../protocol.ts";
import { createStore, toDriver } from "../store.ts";
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
export function route<S extends AsyncKeyValue, O extends AsyncKeyValue>(
  options: RouteOptions<S, O>,
): Store<CapabilitiesOf<S | O>>;
export function route<S extends AsyncKeyValue, O extends AsyncKeyValue>(
  collections: Readonly<Record<string, S>>,
  otherwise: O,
): Store<CapabilitiesOf<S | O>>;
export function route(first: object, last?: AsyncKeyValue): Store<Capability> {
  type Options = RouteOptions<AsyncKeyValue, AsyncKeyValue>;
  const options = (last ? { stores: first, otherwise: last } : first) as Omit<Options, "pick"> & Partial<Options>;
  const { stores, pick, otherwise } = options;
  const named = new Map(Object.entries(stores).map(([name, store]) => [name, toDriver(store) as Driver<Capability>]));
  return wrap<AsyncKeyValue, Capability>(otherwise, (driver) => {
    // Typed as if it could do everything; what not all of them can is taken away again below.
    const rest = driver as Driver<Capability>;
    const all = [...new Set([...named.values(), rest])];

    function find(collection: string, key = ""): Driver<Capability> {
      const name = pick ? pick(collection, key) : named.has(collection) ? collection : undefined;
      const driver = name === undefined ? rest : named.get(name);
      if (driver) return driver;
      throw new KeyValueError("misconfigured", "pick names no store", { store: "route", collection, key });
    }
    function least(limit: "keyBytes" | "valueBytes"): number | undefined {
      const limits = all.flatMap((driver) => driver.limits?.[limit] ?? []);
      return limits.length > 0 ? Math.min(...limits) : undefined;
    }
    const spread = (collection: string) => (pick ? all : [find(collection)]);

    /** Asks each store for its part. When some of them fail the error names the keys of all that failed. */
    async function split<R>(
      collection: string,
      keys: readonly string[],
      ask: (driver: AnyDriver, part: string[]) => Awaitable<R>,
    ): Promise<(readonly [part: string[], answer: R])[]> {
      const parts = new Map<AnyDriver, string[]>();
      for (const key of keys) {
        const driver = find(collection, key);
        const part = parts.get(driver);
        if (part) part.push(key);
        else parts.set(driver, [key]);
      }
      const failed: string[] = [];
      const asked = [...parts].map(async ([driver, part]) => {
        try {
          return [part, await ask(driver, part)] as const;
        } catch (error) {
          failed.push(...(Object(error).failed ?? part));
          throw error;
        }
      });
      await Promise.allSettled(asked);
      return Promise.all(asked).catch((cause) => {
        if (parts.size === 1 || !(cause instanceof KeyValueError)) throw cause;
        throw new KeyValueError(cause.code, cause.message, { ...cause, key: undefined, failed, cause });
      });
    }

    async function listKeys(collection: string, { cursor = "0:", ...page }: DriverPage): Promise<Page> {
      const asked = spread(collection);
      const at = Number.parseInt(cursor, 10);
      const driver = asked[at];
      if (!driver) throw new KeyValueError("invalid_cursor", "unknown cursor", { store: "route", collection });
      const inner = cursor.slice(`${at}:`.length) || undefined;
      const { names, cursor: next } = await driver.listKeys(collection, { ...page, cursor: inner });
      const following = next === undefined ? asked[at + 1] && `${at + 1}:` : `${at}:${next}`;
      return { names: names.filter((key) => find(collection, key) === driver), cursor: following };
    }

    async function listCollections({ prefix, ...page }: DriverPage): Promise<Page> {
      const names = new Set<string>();
      for (const driver of all) {
        for await (const name of createStore(driver).collections({ prefix })) {
          if (pick || find(name) === driver) names.add(name);
        }
      }
      return pageOf(names, page);
    }

    const routed: Driver<Capability> = {
      name: "route",
      ...several(all),
      limits: { keyBytes: least("keyBytes"), valueBytes: least("valueBytes") },
      repeatableSwap: all.every((driver) => driver.repeatableSwap) || undefined,
      async read(collection, keys, how) {
        const parts = await split(collection, keys, (driver, part) => driver.read(collection, part, how));
        const found = new Map(parts.flatMap(([part, entries]) => part.map((key, i) => [key, entries[i]] as const)));
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
        const parts = await split(collection, keys, (driver, part) => driver.remove(collection, part));
        return parts.reduce((sum, [, removed]) => sum + removed, 0);
      },
      listKeys,
      listCollections,
      async destroyCollection(collection) {
        const asked = spread(collection).map((driver) => driver.destroyCollection(collection));
        return (await Promise.all(asked)).includes(true);
      },
      destroy: async () => (await Promise.all(all.map((driver) => driver.destroy()))).includes(true),
      cull: async () => (await Promise.all(all.map((driver) => driver.cull()))).reduce((sum, culled) => sum + culled),
      swap: (collection, key, expected, next) => find(collection, key).swap(collection, key, expected, next),
    };
    const optional = ["listKeys", "listCollections", "destroyCollection", "destroy", "cull", "swap"] as const;
    for (const name of optional) if (!all.every((one: AnyDriver) => one[name])) Reflect.deleteProperty(routed, name);
    return routed;
  });
}
