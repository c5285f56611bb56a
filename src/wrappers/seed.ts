import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { plainObject } from "../core/checks.ts";
import type { AnyDriver } from "../core/driver.ts";
import { live } from "../core/entry.ts";
import { toJson } from "../core/json.ts";
import { once } from "../core/once.ts";

/**
 * Makes a store that begins with some entries: before its first operation it writes those that are missing, and never over an
 * entry that exists.
 *
 * First operations at the same time wait for the same writes. If these fail, so do the operations, and the next one tries
 * again. Where several isolates start at once, the writes are safe if the store has `swap`.
 *
 * @param data Values by key by collection; they are checked and copied at once.
 * @throws KeyValueError `not_serializable` for a value that JSON would change.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { seed } from "edge-key-value/wrappers/seed";
 *
 * const store = seed(memoryStore(), { settings: { theme: "light", language: "en" } });
 * await store.get("theme", { collection: "settings" }); // => "light"
 * ```
 */
export function seed<S extends AsyncKeyValue>(
  store: S,
  data: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Wrapped<S> {
  plainObject(data, "data");
  for (const [collection, values] of Object.entries(data)) plainObject(values, `data.${collection}`);
  const seeds = Object.entries(data).map(([collection, values]) => {
    const items = Object.entries(values).map(([key, value]) => [key, toJson(value, { collection, key })] as const);
    return [collection, items] as const;
  });

  async function plant({ read, write, swap }: AnyDriver): Promise<void> {
    for (const [collection, items] of seeds.filter(([, items]) => items.length > 0)) {
      const keys = items.map(([key]) => key);
      const found = await read(collection, keys, { fresh: true });
      const createdAt = Date.now();
      const missing = items.filter((_, i) => !live(found[i]));
      const entries = missing.map(([key, value]) => [key, { value, createdAt }] as const);
      // A refused swap means that somebody else was quicker: their entry stays.
      if (swap) await Promise.all(entries.map(([key, entry]) => swap(collection, key, undefined, entry)));
      else if (entries.length > 0) await write(collection, entries);
    }
  }

  return wrap(store, (driver) => {
    const planted = once(() => plant(driver));
    return intercept(driver, async (_, proceed) => {
      await planted();
      return proceed();
    });
  });
}
