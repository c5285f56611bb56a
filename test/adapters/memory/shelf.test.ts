import { describe, expect, it } from "#test";
import { put, type Shelf, shelfPage } from "../../../src/adapters/memory/shelf.ts";
import { compareCodePoints } from "../../../src/core/order.ts";

/** Numbers from 0 to below `limit`, the same in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function shelfOf(names: Iterable<string>): Shelf<number> {
  const shelf: Shelf<number> = { items: new Map() };
  for (const name of names) put(shelf, name, 1);
  return shelf;
}

/** All pages of a listing; `between` runs after each page. */
function allPages(shelf: Shelf<number>, page: { prefix?: string; limit?: number }, between?: () => void): string[] {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const found = shelfPage(shelf, (name) => shelf.items.has(name), { ...page, cursor });
    expect(found.names.length <= (page.limit ?? 1000)).toBe(true);
    names.push(...found.names);
    cursor = found.cursor;
    between?.();
  } while (cursor !== undefined);
  return names;
}

/** What a listing must return, found by sorting everything. */
function sorted(shelf: Shelf<number>, prefix = ""): string[] {
  return [...shelf.items.keys()].filter((name) => name.startsWith(prefix)).sort(compareCodePoints);
}

const ALPHABET = ["a", "b", "\0", "é", "\uffff", "\ue000", "\u{1f600}", "\u{10ffff}", "\ud83d", "\ude00"];

describe("the names of a shelf", () => {
  it("are listed in code point order, whatever characters they have", () => {
    const next = numbers(1);
    const name = () => Array.from({ length: next(8) }, () => ALPHABET[next(ALPHABET.length)]).join("");
    const shelf = shelfOf(Array.from({ length: 8000 }, name));
    for (const prefix of ["", "a", "\ud83d", "\u{1f600}", "a\ud83d", "\uffff", "\udbff"]) {
      expect(allPages(shelf, { prefix, limit: 70 })).toEqual(sorted(shelf, prefix));
    }
  });

  it("are listed from a cursor in the middle that no page has reached", () => {
    const next = numbers(2);
    for (let i = 0; i < 20; i++) {
      const shelf = shelfOf(Array.from({ length: 5000 }, () => next(2 ** 32).toString(36)));
      const all = sorted(shelf);
      const at = next(all.length);
      const { names } = shelfPage(shelf, () => true, { cursor: all[at], limit: 100 });
      expect(names).toEqual(all.slice(at + 1, at + 101));
    }
  });

  it("are right while names come and go between pages", () => {
    const next = numbers(3);
    const name = () => `${next(6000)}`;
    const shelf = shelfOf(Array.from({ length: 4000 }, name));
    for (let round = 0; round < 10; round++) {
      const stayed = new Set(shelf.items.keys());
      const found = allPages(shelf, { limit: 150 }, () => {
        for (let i = 0; i < 40; i++) {
          const gone = name();
          shelf.items.delete(gone);
          stayed.delete(gone);
          put(shelf, name(), 1);
        }
      });
      expect(new Set(found).size).toBe(found.length);
      expect([...found].sort(compareCodePoints)).toEqual(found);
      expect([...stayed].filter((kept) => !found.includes(kept))).toEqual([]);
      expect(allPages(shelf, {})).toEqual(sorted(shelf));
    }
  });

  it("are right when one name was removed and put again many times", () => {
    const shelf = shelfOf(Array.from({ length: 2500 }, (_, i) => `${i}`));
    for (let i = 0; i < 6000; i++) {
      if (i % 100 === 0) shelfPage(shelf, () => true, { limit: 1 });
      shelf.items.delete("7");
      put(shelf, "7", 1);
    }
    expect(allPages(shelf, { limit: 90 })).toEqual(sorted(shelf));
  });

  it("cost a page a number of looks that does not grow with the number of names", () => {
    const shelf = shelfOf(Array.from({ length: 20_000 }, (_, i) => `${i}`));
    let cursor: string | undefined;
    do {
      let looks = 0;
      ({ cursor } = shelfPage(shelf, () => Boolean(++looks), { limit: 100, cursor }));
      expect(looks < 1000).toBe(true);
    } while (cursor !== undefined);
  });

  it("take no room for what was removed, however often names come and go", () => {
    const shelf = shelfOf(Array.from({ length: 100 }, (_, i) => `${i}`));
    for (let i = 0; i < 10_000; i++) {
      if (i % 10 === 0) shelfPage(shelf, () => true, { limit: 1 });
      put(shelf, `new ${i}`, 1);
      shelf.items.delete(`new ${i}`);
    }
    expect(JSON.stringify(shelf.order ?? "").length < 3000).toBe(true);
  });
});
