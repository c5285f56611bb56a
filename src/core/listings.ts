import { type Arguments, count, string } from "./checks.ts";
import type { AnyDriver, Awaitable, DriverPage } from "./driver.ts";
import type { CapabilityMethods, CollectionOptions, ListOptions, Page, PageOptions } from "./protocol.ts";

/** The listing methods of a store, as many as its driver has. */
export function listings(
  { listKeys, listCollections }: AnyDriver,
  { collectionOf }: Arguments,
): Partial<CapabilityMethods> {
  return {
    ...(listKeys && {
      listKeys: async (options?: PageOptions & CollectionOptions) =>
        await listKeys(collectionOf(options), pageOf(options)),
      keys: (options?: ListOptions & CollectionOptions) =>
        iterate((page) => listKeys(collectionOf(options), page), options),
    }),
    ...(listCollections && {
      listCollections: async (options?: PageOptions) => await listCollections(pageOf(options)),
      collections: (options?: ListOptions) => iterate(listCollections, options),
    }),
  };
}

function pageOf({ prefix = "", cursor, limit }: PageOptions = {}): DriverPage {
  if (cursor !== undefined) string(cursor, "cursor");
  return { prefix: string(prefix, "prefix"), cursor, limit: count(limit, "limit") };
}

/** Follows the cursor to the end, also over empty pages; a name that the backend repeats is given once. */
export async function* iterate(
  list: (page: DriverPage) => Awaitable<Page>,
  options: ListOptions | undefined,
): AsyncGenerator<string, void, undefined> {
  const { prefix, limit } = pageOf(options);
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await list({ prefix, cursor, limit: limit && limit - seen.size });
    for (const name of page.names) {
      if (seen.size < seen.add(name).size) yield name;
      if (seen.size === limit) return;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}
