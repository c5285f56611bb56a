import type { AsyncKeyValue, CapabilityMethods } from "../../core/protocol.ts";
import { supports, toDriver } from "../../core/store.ts";

/** A store whose keys can be listed. */
export type ListedStore = AsyncKeyValue & Pick<CapabilityMethods, "listKeys">;

/** Iterates over the keys of a collection that start with a prefix, with their values, page by page. */
export async function* entriesOf<T>(
  store: ListedStore,
  collection: string,
  prefix = "",
): AsyncGenerator<[key: string, value: T], void, undefined> {
  for await (const names of pagesOf(store, collection, prefix)) {
    const values = await store.getMany<T>(names, { collection });
    for (const [i, value] of values.entries()) if (value !== null) yield [names[i] as string, value];
  }
}

/** Removes the keys of a collection that start with a prefix. */
export async function clear(store: ListedStore, collection: string, prefix = ""): Promise<void> {
  if (prefix === "" && supports(store, "destroyCollection")) {
    await store.destroyCollection({ collection });
    return;
  }
  for await (const names of pagesOf(store, collection, prefix)) await store.deleteMany(names, { collection });
}

/** Iterates over the keys of a collection that start with a prefix. */
export async function* eachKey(
  store: ListedStore,
  collection: string,
  prefix = "",
): AsyncGenerator<string, void, undefined> {
  for await (const names of pagesOf(store, collection, prefix)) yield* names;
}

/** Pages of keys, without empty ones, and without keys that the backend repeats. */
async function* pagesOf(
  store: ListedStore,
  collection: string,
  prefix: string,
): AsyncGenerator<readonly string[], void, undefined> {
  const seen = toDriver(store).repeatsNames ? new Set<string>() : undefined;
  let cursor: string | undefined;
  do {
    const page = await store.listKeys({ collection, prefix, cursor, limit: 1000 });
    const names = seen ? page.names.filter((name) => !seen.has(name) && seen.add(name)) : page.names;
    if (names.length > 0) yield names;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
