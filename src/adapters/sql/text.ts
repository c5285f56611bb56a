// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
const TO_ESCAPE = /[\0\x01\uD7FF-\uDFFF]/;

/**
 * A string as every SQL database can hold it, in an order that is still that of code points.
 *
 * NUL ends a text early in some clients of SQLite, and PostgreSQL refuses it: NUL becomes U+0001 twice, and U+0001 becomes
 * U+0001 and U+0002. UTF-8 cannot hold a lone surrogate: it becomes U+D7FF, an unassigned character that sorts just
 * before, and a character that stands for its number. U+D7FF itself becomes U+D7FF and U+0001. All other strings stay as
 * they are.
 */
export function toSqlText(text: string): string {
  // Nearly all names need no change, and this is the fastest way to find out.
  if (!TO_ESCAPE.test(text)) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  return text.replace(/[\0\x01\uD7FF-\uDFFF]/gu, (unit) => {
    const code = unit.charCodeAt(0);
    return code < 2 ? `\x01${String.fromCharCode(code + 1)}` : `\uD7FF${String.fromCharCode(code - 0xd7fe)}`;
  });
}

/** The inverse of {@link toSqlText}. Text that it never returns stays as it is, apart from the escapes in it. */
export function fromSqlText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
  return text.replace(/\x01([\x01\x02])|\uD7FF([\x01-\u0801])/g, (_, low: string | undefined, high: string) =>
    String.fromCharCode(low ? low.charCodeAt(0) - 1 : high.charCodeAt(0) + 0xd7fe),
  );
}

/** Whether this is text that {@link toSqlText} or another program can have stored. */
export function isSqlText(text: string): boolean {
  return !/\0|\p{Surrogate}/u.test(text);
}

/** Stored names from `from` on and before `to`; without `to` there is no end. */
export interface TextRange {
  readonly from: string;
  readonly to?: string | undefined;
}

/**
 * The smallest range of stored names, by code point, that has all names with this prefix.
 *
 * It has others as well where the prefix ends with the first half of a surrogate pair: that half alone and the pairs that
 * start with it are not neighbours.
 */
export function rangeOf(prefix: string): TextRange {
  const from = toSqlText(prefix);
  const last = /[\uD800-\uDBFF]$/.test(prefix) ? toSqlText(`${prefix}\uDFFF`) : from;
  return { from, to: successor(last) };
}

/** The first text, by code point, after all texts that start with `text`; `undefined` when there is none. */
function successor(text: string): string | undefined {
  for (let end = text.length; end > 0; ) {
    const start = end - (/[\uDC00-\uDFFF]/.test(text[end - 1] as string) ? 2 : 1);
    const point = text.codePointAt(start) as number;
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return text.slice(0, start) + String.fromCodePoint(next);
    end = start;
  }
  return undefined;
}

/** The length of a well-formed string in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair makes up two of the pair's four bytes.
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}
