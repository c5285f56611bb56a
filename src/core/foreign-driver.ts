import type { BaseDriver } from "./driver.ts";
import type { Entry } from "./entry.ts";
import { toJson } from "./json.ts";
import type { AsyncKeyValue, ValueWithTtl } from "./protocol.ts";
import { together } from "./together.ts";

/** A driver that calls the eight methods of a store whose driver is unknown. It closes the store, if the store can be closed. */
export function overMethods(store: AsyncKeyValue): BaseDriver {
  const driver: BaseDriver = {
    name: "custom",
    consistency: "eventual",

    async read(collection, keys, options) {
      const [first] = keys as [string];
      if (options?.valueOnly) {
        const values =
          keys.length === 1 ? [await store.get(first, { collection })] : await store.getMany(keys, { collection });
        return values.map((value) => (value == null ? undefined : ({ value: toJson(value) } as Entry)));
      }
      const found =
        keys.length === 1 ? [await store.ttl(first, { collection })] : await store.ttlMany(keys, { collection });
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
      if (keys.length > 1) return store.deleteMany(keys, { collection });
      return Number(await store.delete(keys[0] as string, { collection }));
    },
  };
  const close = (store as Partial<AsyncDisposable>)[Symbol.asyncDispose];
  return close ? { ...driver, close: () => close.call(store) } : driver;
}

function foreignEntry(found: ValueWithTtl<unknown> | null | undefined): Entry | undefined {
  if (found == null) return undefined;
  const expiresAt = found.ttl === null ? undefined : Math.round(Date.now() + found.ttl * 1000);
  return { value: toJson(found.value), expiresAt };
}
