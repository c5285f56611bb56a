import { compareCodePoints } from "../../core/order.ts";
import { fromSqlText, toSqlText } from "../sql/text.ts";
import { CALL_UNITS, type Names, type NamesRequest } from "./operations.ts";

/**
 * Goes through the names of a table, some at a time.
 *
 * `select` gives the next few in order, in the form of `toSqlText`, that are `>=` or `>` a name.
 */
export function pageOfNames(
  { prefix, after, limit }: NamesRequest,
  select: (comparison: ">=" | ">", from: string) => readonly { readonly name: string }[],
): Names {
  // A name that goes on with the second half of a surrogate pair is not sorted behind the first half.
  const start = prefix.replace(/[\uD800-\uDBFF]$/, "");
  const names: string[] = [];
  let room = CALL_UNITS;
  let comparison: ">=" | ">" = after === undefined ? ">=" : ">";
  let from = after ?? toSqlText(start);
  for (;;) {
    const rows = select(comparison, from);
    if (rows.length === 0) return { names, more: false };
    for (const row of rows) {
      const name = fromSqlText(row.name);
      if (!name.startsWith(start)) return { names, more: false };
      if (names.length === limit || room < 0) return { names, more: true };
      if (name.startsWith(prefix)) {
        names.push(name);
        room -= name.length + 10;
      }
      from = row.name;
    }
    comparison = ">";
  }
}

/** Merges the pages of all shards to one of at most `limit` names; without `more` it is the last. */
export function mergeNames(pages: readonly Names[], limit: number): Names {
  const found = [...new Set(pages.flatMap(({ names }) => names))].sort(compareCodePoints);
  // What comes behind the last name of an unfinished page is not known yet.
  const ends = pages.flatMap(({ names, more }) => (more ? names.slice(-1) : [])).sort(compareCodePoints);
  const known = found.filter((name) => ends.length === 0 || compareCodePoints(name, ends[0] as string) <= 0);
  return { names: known.slice(0, limit), more: ends.length > 0 || known.length > limit };
}
