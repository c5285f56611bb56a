import type { Statement } from "../sql/database.ts";
import { toSqlText } from "../sql/text.ts";
import { objectDialect } from "./layout.ts";
import type { SqlTables } from "./tables.ts";

/** Removes many entries at once from the table. */
export interface TableRemovals {
  destroyCollection(collection: string): boolean;
  /** Removes all entries. */
  empty(): boolean;
  /** Reclaims at most `limit` expired rows; `culled` leaves out those that only marked a removal. */
  cull(limit: number): { readonly culled: number; readonly more: boolean };
}

export function tableRemovals({ ask }: SqlTables): TableRemovals {
  const hadSome = (statements: readonly Statement[]): boolean => statements.flatMap((each) => ask(each)).length > 0;

  return {
    destroyCollection: (collection) => hadSome(objectDialect.destroyCollection(toSqlText(collection), Date.now())),
    empty: () => hadSome(objectDialect.destroy(Date.now())),
    cull(limit) {
      const gone = ask<{ removed: number }>(objectDialect.cull(limit, Date.now()));
      return { culled: gone.filter(({ removed }) => removed).length, more: gone.length === limit };
    },
  };
}
