import type { DriverPage } from "./driver.ts";
import type { Page } from "./protocol.ts";

/**
 * Compares two strings by code point, for `Array.prototype.sort`.
 *
 * JavaScript's own order is by UTF-16 unit, which puts U+1F600 before U+FF5E; UTF-8 backends do not.
 */
export function compareCodePoints(a: string, b: string): number {
  let i = 0;
  while (a[i] && a.codePointAt(i) === b.codePointAt(i)) i++;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

/** A page of a complete list of names, in order. Its cursor is its last name, so deletions in between lose nothing. */
export function pageOf(names: Iterable<string>, page: DriverPage): Page {
  const { prefix = "", cursor, limit = Number.POSITIVE_INFINITY } = page;
  const rest = [...names]
    .filter((name) => name.startsWith(prefix) && (cursor === undefined || compareCodePoints(name, cursor) > 0))
    .sort(compareCodePoints);
  return { names: rest.slice(0, limit), cursor: rest.length > limit ? rest[limit - 1] : undefined };
}
