import type { DriverPage } from "./driver.ts";
import type { Page } from "./protocol.ts";

/**
 * Compares two strings by code point, for `Array.prototype.sort`.
 *
 * JavaScript's own order is by UTF-16 unit, which puts U+1F600 before U+FF5E; UTF-8 backends do not. It compares units, since
 * `codePointAt` is now and then wrong in a hot loop of Deno 2.9 (V8 15.0).
 */
export function compareCodePoints(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i < end ? rank(a, i) - rank(b, i) : a.length - b.length;
}

/** The place of a unit among all units: halves of a surrogate pair come after all units that stand alone. */
function rank(text: string, i: number): number {
  const unit = text.charCodeAt(i);
  const isAlone = unit < 0xd800 || !/[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, i - 1), i + 2));
  return isAlone ? unit : unit + 0x10000;
}

/** A page of a complete list of names, in order. Its cursor is its last name, so deletions in between lose nothing. */
export function pageOf(names: Iterable<string>, page: DriverPage): Page {
  const { prefix = "", cursor, limit = Number.POSITIVE_INFINITY } = page;
  const rest = [...names]
    .filter((name) => name.startsWith(prefix) && (cursor === undefined || compareCodePoints(name, cursor) > 0))
    .sort(compareCodePoints);
  return { names: rest.slice(0, limit), cursor: rest.length > limit ? rest[limit - 1] : undefined };
}
