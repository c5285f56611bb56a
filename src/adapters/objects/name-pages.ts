import type { DriverPage } from "../../core/driver.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { compareCodePoints } from "../../core/order.ts";
import type { Page } from "../../core/protocol.ts";
import { fromSqlText, toSqlText } from "../sql/text.ts";
import { CALL_UNITS, type NamesPage, type NamesRequest } from "./wire.ts";

/** Selects the next few names, in order and in the form of `toSqlText`, that are `>=` or `>` a name. */
export type SelectNames = (comparison: ">=" | ">", from: string) => readonly { readonly name: string }[];

/** Collects a page from the names of a table, some at a time. */
export function pageOfNames({ prefix, after, limit }: NamesRequest, select: SelectNames): NamesPage {
  // A name that continues with the second half of a surrogate pair does not sort after the first half.
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

/** Merges the pages of several objects into one of at most `limit` names. */
export function mergePages(pages: readonly NamesPage[], limit: number): NamesPage {
  const found = [...new Set(pages.flatMap(({ names }) => names))].sort(compareCodePoints);
  // What comes after the last name of an unfinished page is not known yet.
  const ends = pages.flatMap(({ names, more }) => (more ? names.slice(-1) : [])).sort(compareCodePoints);
  const known = found.filter((name) => ends.length === 0 || compareCodePoints(name, ends[0] as string) <= 0);
  return { names: known.slice(0, limit), more: ends.length > 0 || known.length > limit };
}

/**
 * Turns the request for a page into one for names.
 *
 * @throws KeyValueError `invalid_cursor` for a cursor that {@link toPage} does not return.
 */
export function toRequest({ prefix = "", cursor, limit = 1000 }: DriverPage, details: ErrorDetails): NamesRequest {
  if (cursor !== undefined && toSqlText(fromSqlText(cursor)) !== cursor) {
    throw new KeyValueError("invalid_cursor", "the cursor is not one that this store returned", details);
  }
  return { prefix, after: cursor, limit };
}

/** The cursor of a page is its last name, so removals between two pages lose nothing. */
export function toPage({ names, more }: NamesPage): Page {
  return { names, cursor: more ? toSqlText(names.at(-1) as string) : undefined };
}
