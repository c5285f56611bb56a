import type { AnyDriver, Awaitable, Capabilities, Capability, Driver } from "../core/driver.ts";
import type { Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { iterate } from "../core/listings.ts";
import { pageOf } from "../core/order.ts";
import { together } from "../core/together.ts";
import { narrower, several } from "./several.ts";

/** Which driver has which entries. */
export interface Places {
  /** Each driver once. */
  readonly drivers: readonly AnyDriver[];
  /** Returns the driver of an entry, always the same one. */
  at(collection: string, key: string): AnyDriver;
  /** Returns the drivers over which a collection may be spread, always in the same order. */
  over(collection: string): readonly AnyDriver[];
}

/** Makes a driver that keeps each entry in one of several others. It has the capabilities that all of them have. */
export function dispatch(name: string, { drivers, at, over }: Places): AnyDriver {
  /** Asks each driver for its part of the keys, all at the same time. */
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

  return {
    name,
    ...several(drivers),
    limits: drivers.map(({ limits }) => limits).reduce(narrower),
    repeatableSwap: drivers.every((driver) => driver.repeatableSwap) || undefined,
    operations: { has: (operation) => drivers.every((driver) => driver.apply && driver.operations?.has(operation)) },
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
    ...sharedCapabilities(name, { drivers, at, over }),
  };
}

/** The capabilities that all drivers have, over all of them together. */
function sharedCapabilities(name: string, { drivers, at, over }: Places): Partial<Capabilities> {
  // The type claims every capability. The last lines leave out those that a driver lacks.
  const all = drivers as readonly Driver<Capability>[];
  const spread = over as (collection: string) => typeof all;

  const capabilities: Capabilities = {
    /** Lists one driver after the other. A cursor is the number of the driver, a colon, and that driver's own cursor. */
    async listKeys(collection, { cursor = "0:", ...page }) {
      const asked = spread(collection);
      const start = cursor.slice(0, cursor.indexOf(":") + 1);
      const index = asked.findIndex((_, i) => start === `${i}:`);
      const driver = asked[index];
      if (!driver) throw new KeyValueError("invalid_cursor", "unknown cursor", { store: name, collection });
      const inner = cursor.slice(start.length) || undefined;
      const { names, cursor: next } = await driver.listKeys(collection, { ...page, cursor: inner });
      const own = names.filter((key) => at(collection, key) === driver);
      if (next !== undefined) return { names: own, cursor: `${index}:${next}` };
      return { names: own, cursor: asked[index + 1] ? `${index + 1}:` : undefined };
    },
    async listCollections({ prefix, ...page }) {
      const names = new Set<string>();
      for (const driver of all) {
        for await (const name of iterate((page) => driver.listCollections(page), { prefix })) {
          if (over(name).includes(driver)) names.add(name);
        }
      }
      return pageOf(names, page);
    },
    async destroyCollection(collection) {
      const destroyed = await Promise.all(spread(collection).map((driver) => driver.destroyCollection(collection)));
      return destroyed.includes(true);
    },
    async destroy() {
      const destroyed = await Promise.all(all.map((driver) => driver.destroy()));
      return destroyed.includes(true);
    },
    async cull() {
      const culled = await Promise.all(all.map((driver) => driver.cull()));
      return culled.reduce((sum, count) => sum + count);
    },
    swap: (collection, key, expected, next) =>
      (at(collection, key) as Driver<"swap">).swap(collection, key, expected, next),
  };
  return Object.fromEntries(
    Object.entries(capabilities).filter(([name]) => all.every((driver) => driver[name as Capability])),
  );
}
