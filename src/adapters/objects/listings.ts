import { toSqlText } from "../sql/text.ts";
import { pageOfNames } from "./name-pages.ts";
import { LIVE } from "./row.ts";
import type { SqlTables } from "./tables.ts";
import type { NamesPage, NamesRequest } from "./wire.ts";

/** How many names to fetch at once: so few that they fit in memory even if each is as long as can be. */
const BATCH = 32;

/** Lists the names in the table of entries. */
export interface TableListings {
  listKeys(collection: string, request: NamesRequest): NamesPage;
  listCollections(request: NamesRequest): NamesPage;
}

export function tableListings({ run }: SqlTables): TableListings {
  return {
    listKeys: (collection, request) =>
      pageOfNames(request, (comparison, from) =>
        run(
          `SELECT key AS name FROM edge_key_value WHERE collection = ? AND key ${comparison} ? AND ${LIVE}
           ORDER BY key LIMIT ${BATCH}`,
          ...[toSqlText(collection), from, Date.now()],
        ),
      ),

    // One name a query lets SQLite go straight to the next collection, past all keys of this one.
    listCollections: (request) =>
      pageOfNames(request, (comparison, from) =>
        run(
          `SELECT collection AS name FROM edge_key_value WHERE collection ${comparison} ? AND ${LIVE}
           ORDER BY collection LIMIT 1`,
          ...[from, Date.now()],
        ),
      ),
  };
}
