import { describe, expect, it } from "#test";
import { fromSqlText, isSqlText, rangeOf, toSqlText, utf8Length } from "../../../src/adapters/sql/text.ts";
import { compareCodePoints } from "../../../src/core/order.ts";

const UNITS = [
  "",
  "a",
  "~",
  "\u0000",
  "\u0001",
  "\u0002",
  "\u07ff",
  "\u0800",
  "\ud7fe",
  "\ud7ff",
  "\ud800",
  "\ud83d",
  "\udbff",
  "\udc00",
].concat("\ude00", "\udfff", "\ue000", "\uffff", "😀", "\u{10ffff}", "%uD800");
const TEXTS = [...new Set(UNITS.flatMap((a) => UNITS.flatMap((b) => UNITS.map((c) => a + b + c))))];
const bytes = new TextEncoder();

/** Compares as SQLite does: the bytes of UTF-8. */
function compareByteArrays(x: Uint8Array, y: Uint8Array): number {
  for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return x.length - y.length;
}

const compareBytes = (a: string, b: string): number => compareByteArrays(bytes.encode(a), bytes.encode(b));

describe("text for SQL", () => {
  it("is well-formed and without NUL, stands for one string alone, and comes back whole", () => {
    const forms = new Set<string>();
    for (const text of TEXTS) {
      const form = toSqlText(text);
      expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.encode(form)) === form).toBe(true);
      expect(isSqlText(form)).toBe(true);
      expect(fromSqlText(form) === text).toBe(true);
      forms.add(form);
    }
    expect(forms.size).toBe(TEXTS.length);
  });

  it("is sorted by its bytes as the strings are by their code points", () => {
    const sorted = [...TEXTS].sort(compareCodePoints);
    const bySql = TEXTS.map(toSqlText).sort(compareBytes).map(fromSqlText);
    expect(bySql.every((text, i) => text === sorted[i])).toBe(true);
  });

  it("leaves ordinary text as it is", () => {
    for (const text of ["user:123", "a::b%25", "日本語", "😀", "\u0002", ""]) expect(toSqlText(text)).toBe(text);
  });

  it("is measured in bytes of UTF-8", () => {
    for (const text of TEXTS.map(toSqlText)) expect(utf8Length(text)).toBe(bytes.encode(text).length);
  });

  it("has ranges that hold every name with a prefix, and hardly any other", () => {
    const sorted = TEXTS.map((text) => ({ text, form: bytes.encode(toSqlText(text)) }));
    for (const prefix of UNITS.flatMap((a) => UNITS.map((b) => a + b))) {
      const { from, to } = rangeOf(prefix);
      const [first, end] = [bytes.encode(from), to === undefined ? undefined : bytes.encode(to)];
      const others = sorted.filter(({ text, form }) => {
        const isInside = compareByteArrays(form, first) >= 0 && (!end || compareByteArrays(form, end) < 0);
        if (text.startsWith(prefix)) expect([prefix, text, isInside]).toEqual([prefix, text, true]);
        return isInside && !text.startsWith(prefix);
      });
      if (!/[\uD800-\uDBFF]$/.test(prefix)) expect(others).toEqual([]);
    }
  });
});
