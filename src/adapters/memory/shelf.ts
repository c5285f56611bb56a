import type { DriverPage } from "../../core/driver.ts";
import { compareCodePoints } from "../../core/order.ts";
import type { Page } from "../../core/protocol.ts";

/** Items by name. The names can be listed in order, at no cost until the first listing. */
export interface Shelf<T> {
  readonly items: Map<string, T>;
  order?: Order | undefined;
}

/** Names in the order of a quicksort that continues where a page needs it. */
interface Order {
  readonly root: Part;
  /** New names, not yet in any part. */
  added: string[];
  /** The number of names, with those that are no longer in the map. */
  count: number;
}

interface Part {
  /** In no order. None once the part is split. */
  names: string[];
  /** Where the part is split: the first name that belongs to `high`. */
  readonly pivot?: string;
  readonly low?: Part;
  readonly high?: Part;
}

/** A part with more names is split before it is sorted. */
const SMALL = 256;
const SAMPLE = 64;

/** Puts an item on a shelf. */
export function put<T>(shelf: Shelf<T>, name: string, item: T): void {
  const { items, order } = shelf;
  const before = items.size;
  items.set(name, item);
  if (!order || items.size === before) return;
  order.added.push(name);
  // Names of removed items stay in the order. When they are half of all, start over.
  if (++order.count > 2 * items.size) shelf.order = undefined;
}

/** Returns a page of the names that `has` confirms. Its cursor is its last name, so removals in between lose nothing. */
export function shelfPage(
  shelf: Shelf<unknown>,
  has: (name: string) => boolean,
  { prefix = "", cursor, limit = 1000 }: DriverPage,
): Page {
  const { items } = shelf;
  shelf.order ??= { root: { names: [...items.keys()] }, added: [], count: items.size };
  const { root, added } = shelf.order;
  for (const name of added) partOf(root, name).names.push(name);
  shelf.order.added = [];

  // A name that continues with the second half of a surrogate pair does not sort after the first half.
  const start = prefix.replace(/[\ud800-\udbff]$/, "");
  const from = cursor === undefined || compareCodePoints(cursor, start) < 0 ? start : cursor;
  const names: string[] = [];
  let last = cursor;
  let more = false;
  /** Takes names from a part; returns whether the page ends there. */
  function visit(part: Part): boolean {
    split(part, from);
    if (part.pivot !== undefined) {
      return (compareCodePoints(from, part.pivot) < 0 && visit(part.low!)) || visit(part.high!);
    }
    part.names = part.names.filter(has).sort(compareCodePoints);
    return part.names.some((name) => {
      // A name that was removed and put again occurs twice.
      if (name === last || compareCodePoints(name, from) < 0) return false;
      last = name;
      if (!name.startsWith(start)) return true;
      if (!name.startsWith(prefix)) return false;
      more = names.length === limit;
      return more || !names.push(name);
    });
  }
  visit(root);
  return { names, cursor: more ? names.at(-1) : undefined };
}

/** Returns the part where a name belongs. */
function partOf(part: Part, name: string): Part {
  if (part.pivot === undefined) return part;
  return partOf(compareCodePoints(name, part.pivot) < 0 ? part.low! : part.high!, name);
}

/** Splits a large part in two, in a way that soon leaves a small part around a name and some for the pages that follow. */
function split(part: Part, near: string): void {
  const { names } = part;
  if (names.length <= SMALL) return;
  const sample = Array.from({ length: SAMPLE }, (_, i) => names[Math.floor((i * names.length) / SAMPLE)]!);
  const place = sample.sort(compareCodePoints).findIndex((name) => compareCodePoints(name, near) >= 0);
  const pivot = sample[place < 0 ? SAMPLE - 8 : place < 16 ? place + 8 : place - 8]!;
  // The native order differs only between surrogates and what comes after them, and it is several times as fast.
  const native = !/[\ud800-\uffff]/.test(pivot);
  const low: string[] = [];
  // High names stay in their array, which is large: another one would take as long as the comparisons.
  let high = 0;
  for (const name of names) {
    if (native ? name < pivot : compareCodePoints(name, pivot) < 0) low.push(name);
    else names[high++] = name;
  }
  names.length = high;
  // Without progress, most names are the same one.
  if (low.length > 0) Object.assign(part, { names: [], pivot, low: { names: low }, high: { names } });
}
