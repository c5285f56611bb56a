/**
 * A string as SQLite can hold it, in an order that is still that of code points.
 *
 * UTF-8 cannot hold a lone surrogate. It becomes U+D7FF, an unassigned character that sorts just before, and one that
 * stands for its number; U+D7FF itself becomes U+D7FF and NUL. All other strings stay as they are.
 */
export function toSqlText(text: string): string {
  return text.replace(/[\uD7FF-\uDFFF]/gu, (unit) => `\uD7FF${String.fromCharCode(unit.charCodeAt(0) - 0xd7ff)}`);
}

/** The inverse of {@link toSqlText}. */
export function fromSqlText(text: string): string {
  return text.replace(/\uD7FF([\0-\u0800])/g, (_, unit: string) => String.fromCharCode(unit.charCodeAt(0) + 0xd7ff));
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
