import { type Arguments, count, object, string } from "./checks.ts";
import type { AnyDriver, Awaitable, DriverPage } from "./driver.ts";
import type { CapabilityMethods, CollectionOptions, ListOptions, Page, PageOptions } from "./protocol.ts";

/** The listing methods of a store, as many as its driver has. */
export function listings(
  { listKeys, listCollections, repeatsNames }: AnyDriver,
  { collectionOf }: Arguments,
): Partial<CapabilityMethods> {
  return {
    ...(listKeys && {
      listKeys: async (options?: PageOptions & CollectionOptions) =>
        await listKeys(collectionOf(options), checkedPage(options)),
      keys: (options?: ListOptions & CollectionOptions) =>
        iterate((page) => listKeys(collectionOf(options), page), options, repeatsNames),
    }),
    // There is no collection in these options, but `collectionOf` also refuses those that no method has.
    ...(listCollections && {
      listCollections: async (options?: PageOptions) => {
        collectionOf(options as CollectionOptions);
        return await listCollections(checkedPage(options));
      },
      collections: (options?: ListOptions) => {
        const list = (page: DriverPage) => {
          collectionOf(options as CollectionOptions);
          return listCollections(page);
        };
        return iterate(list, options, repeatsNames);
      },
    }),
  };
}

function checkedPage(options: PageOptions = {}): DriverPage {
  const { prefix = "", cursor, limit } = object(options);
  if (cursor !== undefined) string(cursor, "cursor");
  return { prefix: string(prefix, "prefix"), cursor, limit: count(limit, "limit") };
}

/** Follows the cursor to the end, also over empty pages. `repeats`: the backend may list a name twice. */
export async function* iterate(
  list: (page: DriverPage) => Awaitable<Page>,
  options: ListOptions | undefined,
  repeats = false,
): AsyncGenerator<string, void, undefined> {
  const { prefix, limit } = checkedPage(options);
  const seen = repeats ? new Set<string>() : undefined;
  let listed = 0;
  let cursor: string | undefined;
  do {
    const page = await list({ prefix, cursor, limit: limit === undefined ? undefined : limit - listed });
    for (const name of page.names) {
      if (seen?.has(name)) continue;
      seen?.add(name);
      yield name;
      listed++;
      if (listed === limit) return;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}
