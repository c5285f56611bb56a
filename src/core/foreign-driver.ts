import type { BaseDriver } from "./driver.ts";
import type { Entry } from "./entry.ts";
import { KeyValueError } from "./errors.ts";
import { toJson } from "./json.ts";
import type { AsyncKeyValue, ValueWithTtl } from "./protocol.ts";
import { MAX_LIFE } from "./times.ts";
import { together } from "./together.ts";

/** The name of the driver. */
const NAME = "custom";

/** A driver that calls the eight methods of a store whose driver is unknown. It closes the store, if the store can be closed. */
export function overMethods(store: AsyncKeyValue): BaseDriver {
  const driver: BaseDriver = {
    name: NAME,
    consistency: "eventual",

    async read(collection, keys, options) {
      const [first] = keys as [string];
      if (options?.valueOnly) {
        const values =
          keys.length === 1
            ? [await store.get(first, { collection })]
            : listOf(await store.getMany(keys, { collection }));
        return values.map((value) => (value == null ? undefined : ({ value: toJson(value) } as Entry)));
      }
      const found =
        keys.length === 1
          ? [await store.ttl(first, { collection })]
          : listOf(await store.ttlMany(keys, { collection }));
      return found.map(foreignEntry);
    },

    /** One `putMany` for all entries that share a deadline. */
    async write(collection, items) {
      const now = Date.now();
      const groups = new Map<number | undefined, [key: string, value: unknown][]>();
      for (const [key, { value, expiresAt }] of items) {
        const group = groups.get(expiresAt);
        if (group) group.push([key, value]);
        else groups.set(expiresAt, [[key, value]]);
      }
      const parts = [...groups].map(([expiresAt, group]) => {
        const keys = group.map(([key]) => key);
        const ttl = expiresAt === undefined ? undefined : (expiresAt - now) / 1000;
        const [[key, value]] = group as [[string, unknown]];
        const call = async (): Promise<unknown> => {
          if (ttl !== undefined && ttl <= 0) return driver.remove(collection, keys);
          if (group.length === 1) return store.put(key, value, { collection, ttl });
          return store.putMany(group, { collection, ttl });
        };
        return [keys, call] as const;
      });
      await together(parts);
    },

    async remove(collection, keys) {
      const [first] = keys as [string];
      const removed =
        keys.length > 1 ? await store.deleteMany(keys, { collection }) : await store.delete(first, { collection });
      // A store that does not count returns `undefined`.
      return Number(removed) || 0;
    },
  };
  const close = (store as Partial<AsyncDisposable>)[Symbol.asyncDispose];
  return close ? { ...driver, close: () => close.call(store) } : driver;
}

/** An entry with the value and the TTL that the store returned. */
function foreignEntry(found: ValueWithTtl<unknown> | null | undefined): Entry | undefined {
  if (found == null) return undefined;
  const { value, ttl } = Object(found) as Partial<Record<keyof ValueWithTtl<unknown>, unknown>>;
  if (value == null) return refused("a TTL without a value");
  // Some stores return `undefined` or `Infinity` for an entry that never expires.
  if (ttl == null) return { value: toJson(value) };
  if (typeof ttl !== "number" || Number.isNaN(ttl)) return refused("an invalid TTL");
  return { value: toJson(value), expiresAt: ttl < MAX_LIFE ? Math.round(Date.now() + ttl * 1000) : undefined };
}

function listOf<T>(returned: readonly T[]): readonly T[] {
  return Array.isArray(returned) ? returned : refused("no array");
}

/** Throws for what the protocol does not let a store return. */
function refused(what: string): never {
  throw new KeyValueError("backend", `the store returned ${what}`, { store: NAME });
}
