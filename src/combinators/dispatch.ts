import type { AnyDriver, Awaitable, Capabilities, Capability, Driver } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { pageOf } from "../core/order.ts";
import { createStore } from "../core/store.ts";
import { together } from "../core/together.ts";
import { narrower, several } from "./several.ts";

/** Where entries are. */
export interface Places {
  /** Each driver once. */
  readonly drivers: readonly AnyDriver[];
  /** The driver of an entry, always the same one. */
  at(collection: string, key: string): AnyDriver;
  /** The drivers over which a collection may be spread, always in the same order. */
  over(collection: string): readonly AnyDriver[];
}

/** A driver that keeps each entry in one of several others, and can do what all of them can. */
export function dispatch(name: string, { drivers, at, over }: Places): AnyDriver {
  // Typed as if they could do everything; what not all of them can is taken away again below.
  const all = drivers as readonly Driver<Capability>[];

  /** Asks each driver for its part, all at the same time. */
  async function split<R>(
    collection: string,
    keys: readonly string[],
    ask: (driver: AnyDriver, part: string[]) => Awaitable<R>,
  ): Promise<R[]> {
    const parts = new Map<AnyDriver, string[]>();
    for (const key of keys) {
      const driver = at(collection, key);
      const part = parts.get(driver);
      if (part) part.push(key);
      else parts.set(driver, [key]);
    }
    return together(Array.from(parts, ([driver, part]) => [part, () => ask(driver, part)]));
  }

  const able: Capabilities = {
    async listKeys(collection, { cursor = "0:", ...page }) {
      const asked = over(collection) as typeof all;
      const index = Number.parseInt(cursor, 10);
      const driver = asked[index];
      if (!driver) throw new KeyValueError("invalid_cursor", "unknown cursor", { store: name, collection });
      const inner = cursor.slice(`${index}:`.length) || undefined;
      const { names, cursor: next } = await driver.listKeys(collection, { ...page, cursor: inner });
      const following = next === undefined ? asked[index + 1] && `${index + 1}:` : `${index}:${next}`;
      return { names: names.filter((key) => at(collection, key) === driver), cursor: following };
    },
    async listCollections({ prefix, ...page }) {
      const names = new Set<string>();
      for (const driver of all) {
        for await (const name of createStore(driver).collections({ prefix })) {
          if (over(name).includes(driver)) names.add(name);
        }
      }
      return pageOf(names, page);
    },
    async destroyCollection(collection) {
      const asked = (over(collection) as typeof all).map((driver) => driver.destroyCollection(collection));
      return (await Promise.all(asked)).includes(true);
    },
    destroy: async () => (await Promise.all(all.map((driver) => driver.destroy()))).includes(true),
    cull: async () => (await Promise.all(all.map((driver) => driver.cull()))).reduce((sum, culled) => sum + culled),
    swap: (collection, key, expected, next) =>
      (at(collection, key) as Driver<"swap">).swap(collection, key, expected, next),
  };
  const capabilities = Object.entries(able).filter(([name]) => all.every((driver) => driver[name as Capability]));

  return {
    name,
    ...several(all),
    limits: all.map(({ limits }) => limits).reduce(narrower),
    repeatableSwap: all.every((driver) => driver.repeatableSwap) || undefined,
    operations: { has: (name) => all.every((driver) => driver.apply && driver.operations?.has(name)) },
    apply: (collection, key, operation, args) => at(collection, key).apply!(collection, key, operation, args),
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
  };
}
