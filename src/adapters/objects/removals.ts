import { toSqlText } from "../sql/text.ts";
import type { Rows } from "./rows.ts";
import type { SqlTables } from "./tables.ts";

/** Removes many entries at once from the table. */
export interface TableRemovals {
  destroyCollection(collection: string): boolean;
  /** Removes all entries. */
  empty(): boolean;
  /** Reclaims at most `limit` expired rows; `culled` leaves out those that only marked a removal. */
  cull(limit: number): { readonly culled: number; readonly more: boolean };
}

export function tableRemovals({ run }: SqlTables, { some }: Rows): TableRemovals {
  return {
    destroyCollection(collection) {
      const had = some("collection = ?", toSqlText(collection));
      run("DELETE FROM edge_key_value WHERE collection = ?", toSqlText(collection));
      return had;
    },

    empty() {
      const had = some("TRUE");
      run("DELETE FROM edge_key_value");
      return had;
    },

    cull(limit) {
      const gone = run<{ held: number }>(
        `DELETE FROM edge_key_value WHERE (collection, key) IN
         (SELECT collection, key FROM edge_key_value WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
         RETURNING value IS NOT NULL AS held`,
        ...[Date.now(), limit],
      );
      return { culled: gone.filter(({ held }) => held).length, more: gone.length === limit };
    },
  };
}
