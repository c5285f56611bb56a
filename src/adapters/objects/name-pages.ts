import type { DriverPage } from "../../core/driver.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import { compareCodePoints } from "../../core/order.ts";
import type { Page } from "../../core/protocol.ts";
import type { NamesQuery } from "../sql/dialect.ts";
import { fromSqlText, rangeOf, toSqlText } from "../sql/text.ts";
import { CALL_UNITS, type NamesPage, type NamesRequest } from "./wire.ts";

/** How many names to fetch at once: so few that they fit in memory even if each is as long as can be. */
const BATCH = 32;

/** Collects a page from the names of a table, some at a time. `select` returns names in order, in the form of `toSqlText`. */
export function pageOfNames(
  { prefix, after, limit }: NamesRequest,
  select: (names: NamesQuery) => readonly { readonly name: string }[],
): NamesPage {
  const range = rangeOf(prefix);
  const names: string[] = [];
  let room = CALL_UNITS;
  let last = after;
  for (;;) {
    const rows = select({ ...range, after: last, limit: BATCH });
    for (const row of rows) {
      if (names.length === limit || room < 0) return { names, more: true };
      const name = fromSqlText(row.name);
      if (name.startsWith(prefix)) {
        names.push(name);
        room -= name.length + 10;
      }
      last = row.name;
    }
    if (rows.length < BATCH) return { names, more: false };
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
