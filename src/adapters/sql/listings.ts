import type { Awaitable, Capabilities, DriverPage } from "../../core/driver.ts";
import { KeyValueError } from "../../core/errors.ts";
import type { Page } from "../../core/protocol.ts";
import { chain } from "./awaitable.ts";
import type { SqlContext } from "./context.ts";
import type { Statement } from "./database.ts";
import type { NamesQuery } from "./dialect.ts";
import { fromSqlText, isSqlText, rangeOf, toSqlText } from "./text.ts";

/** How many names a page without a `limit` has. */
const PAGE_NAMES = 1000;

/** Listings by page, and the operations that remove everything in them. */
export function sqlListings({
  database,
  dialect,
  run,
  stale,
}: SqlContext): Pick<Capabilities, "listKeys" | "listCollections" | "destroyCollection" | "destroy"> {
  function page(
    collection: string | undefined,
    { prefix = "", cursor, limit = PAGE_NAMES }: DriverPage,
    ask: (names: NamesQuery) => Statement,
  ): Awaitable<Page> {
    if (cursor !== undefined && !isSqlText(cursor)) {
      throw new KeyValueError("invalid_cursor", "not a cursor of this store", { store: database.name, collection });
    }
    // One name more shows whether there is another page.
    const statement = ask({ ...rangeOf(prefix), after: cursor, limit: limit + 1 });
    return chain(run([statement], { collection }, stale), (rows) => {
      const stored = rows.slice(0, limit).map(({ name }) => dialect.nameIn(name));
      return {
        names: stored.map(fromSqlText).filter((name) => name.startsWith(prefix)),
        // The next page only needs the last name, so deletions in between lose nothing.
        cursor: rows.length > limit ? stored.at(-1) : undefined,
      };
    });
  }

  return {
    listKeys: (collection, request) =>
      page(collection, request, (names) => dialect.listKeys(toSqlText(collection), names, Date.now())),
    listCollections: (request) => page(undefined, request, (names) => dialect.listCollections(names, Date.now())),
    destroyCollection: (collection) =>
      chain(
        run(dialect.destroyCollection(toSqlText(collection), Date.now()), { collection }),
        (rows) => rows.length > 0,
      ),
    destroy: () => chain(run(dialect.destroy(Date.now()), {}), (rows) => rows.length > 0),
  };
}
