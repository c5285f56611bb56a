import { describe, expect, it } from "#test";
import { fromSqlText, toSqlText, utf8Length } from "../../../src/adapters/sql/text.ts";
import { compareCodePoints } from "../../../src/core/order.ts";

const UNITS = [
  "",
  "a",
  "~",
  "\u0000",
  "\u0001",
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
function compareBytes(a: string, b: string): number {
  const [x, y] = [bytes.encode(a), bytes.encode(b)];
  for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return x.length - y.length;
}

describe("text for SQLite", () => {
  it("is well-formed, stands for one string alone, and comes back whole", () => {
    const forms = new Set<string>();
    for (const text of TEXTS) {
      const form = toSqlText(text);
      expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.encode(form)) === form).toBe(true);
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
    for (const text of ["user:123", "a::b%25", "日本語", "😀", "\u0000", ""]) expect(toSqlText(text)).toBe(text);
  });

  it("is measured in bytes of UTF-8", () => {
    for (const text of TEXTS.map(toSqlText)) expect(utf8Length(text)).toBe(bytes.encode(text).length);
  });
});
