/**
 * Compares two strings by code point, for `Array.prototype.sort`.
 *
 * JavaScript's own order is by UTF-16 unit, which puts U+1F600 before U+FF5E; UTF-8 backends do not.
 */
export function compareCodePoints(a: string, b: string): number {
  for (let i = 0; ; i++) {
    const x = a.codePointAt(i) ?? -1;
    const y = b.codePointAt(i) ?? -1;
    if (x !== y || x < 0) return x - y;
  }
}
