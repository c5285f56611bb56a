import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { plainObject } from "../core/checks.ts";
import type { AnyDriver } from "../core/driver.ts";
import { live } from "../core/entry.ts";
import { toJson } from "../core/json.ts";
import { once } from "../core/once.ts";

/**
 * A store that begins with some entries: before its first operation it puts those that are missing, never over one that
 * is there. First operations at the same time wait for the same puts; when these fail so do they, and the next operation
 * tries again. Between isolates the puts are safe where the store has `swap`.
 *
 * @param data Values by key by collection; checked and copied at once.
 * @throws KeyValueError `not_serializable` for a value that JSON would change.
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
      const put = items.flatMap(([key, value], i) => (live(found[i]) ? [] : [[key, { value, createdAt }] as const]));
      const versions = new Map(keys.map((key, i) => [key, found[i]?.version]));
      // A swap that is refused has met an entry of somebody who was quicker, and that one stays.
      if (swap) await Promise.all(put.map(([key, entry]) => swap(collection, key, versions.get(key), entry)));
      else if (put.length > 0) await write(collection, put);
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
