import { toSqlText } from "../sql/text.ts";
import { objectDialect } from "./layout.ts";
import { pageOfNames } from "./name-pages.ts";
import type { SqlTables } from "./tables.ts";
import type { NamesPage, NamesRequest } from "./wire.ts";

/** Lists the names in the table of entries. */
export interface TableListings {
  listKeys(collection: string, request: NamesRequest): NamesPage;
  listCollections(request: NamesRequest): NamesPage;
}

export function tableListings({ ask }: SqlTables): TableListings {
  const { listKeys, listCollections } = objectDialect;
  return {
    listKeys: (collection, request) =>
      pageOfNames(request, (names) => ask(listKeys(toSqlText(collection), names, Date.now()))),
    listCollections: (request) => pageOfNames(request, (names) => ask(listCollections(names, Date.now()))),
  };
}
