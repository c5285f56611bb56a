import { describe, expect, it } from "#test";
import { merged, snapshotOf } from "../../src/interop/internal/merge.ts";

const merge = (base: unknown, mine: unknown, theirs: unknown) => merged(theirs, mine, snapshotOf(base));

describe("merging the changes of two requests", () => {
  it("keeps changes of different properties: set, replaced, removed", () => {
    expect(merge({ a: 1, b: 1, c: 1 }, { a: 2, b: 1, c: 1, d: 1 }, { a: 1, b: 2, c: 1, e: 1 })).toEqual({
      a: 2,
      b: 2,
      c: 1,
      d: 1,
      e: 1,
    });
    expect(merge({ a: 1, b: 1 }, { b: 1 }, { a: 1, b: 2 })).toEqual({ b: 2 });
    expect(merge({ a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1 })).toEqual({ a: 2 });
  });

  it("lets the later change of one property win, as a whole", () => {
    expect(merge({ a: { x: 1, y: 1 } }, { a: { x: 2, y: 1 } }, { a: { x: 1, y: 2 } })).toEqual({ a: { x: 2, y: 1 } });
    expect(merge({ a: 1 }, {}, { a: 2 })).toEqual({});
    expect(merge({ a: 1 }, { a: 2 }, {})).toEqual({ a: 2 });
  });

  it("notices a change inside a property, also of the very object that was read", () => {
    const data = { list: [1], other: 1 };
    const base = snapshotOf(data);
    data.list.push(2);
    expect(merged({ list: [1], other: 2 }, data, base)).toEqual({ list: [1, 2], other: 2 });
  });

  it("replaces what is not an object, or was not read", () => {
    expect(merge(1, { a: 1 }, { b: 1 })).toEqual({ a: 1 });
    expect(merge({ b: 1 }, [1], { b: 2 })).toEqual([1]);
    expect(merge({ b: 1 }, { a: 1 }, "text")).toEqual({ a: 1 });
    expect(merged({ b: 1 }, { a: 1 }, undefined)).toEqual({ a: 1 });
  });

  it("treats the name __proto__ as any other", () => {
    const theirs = JSON.parse('{"__proto__":{"admin":true},"b":2}');
    const result = merge({ b: 1 }, { a: 1, b: 1 }, theirs) as Record<string, unknown>;
    expect(Object.keys(result).sort()).toEqual(["__proto__", "a", "b"]);
    expect(result.admin).toBe(undefined);
  });

  it("leaves values that are no JSON for the store to refuse", () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    expect(Object.keys(merge({}, { cyclic, big: 1n }, { a: 1 }) as object)).toEqual(["a", "cyclic", "big"]);
  });
});
