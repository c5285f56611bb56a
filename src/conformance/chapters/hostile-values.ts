/** Values that backends and codecs often get wrong. */
// biome-ignore format: a table
export const VALUES: readonly unknown[] = [
  false, true, 0, 1, -1, 0.1, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53 - 1, -(2 ** 53), 2 ** 63,
  "", " ", "text", "null", "undefined", "true", "456", "1e3", "-0", '{"a":1}', "[1]", '"quoted"', "12345678901234567890",
  "\0", "a\0b", "\n\r\t\\\"'", "\u2028\u2029", "\uFEFFx", "é", "e\u0301", "日本語", "😀", "\uD800", "\uDC00x", "<script>&amp;",
  {}, [], [[]], [{}], { a: {} }, { a: [] }, [null], { a: null }, [null, [null, { a: null }]], [0, "", false],
  { "": 1 }, { " ": { ".": 1, "a.b": 2, "a[0]": 3 } }, { 2: "b", 1: "a", x: "c" }, { "\uD800": "\uDFFF", "😀": "\0" },
  { value: 1, expiresAt: 5, ttl: 1, version: "1", key: "k", collection: "c" }, { length: 2, 0: "a" },
  { constructor: 1, toString: 2, hasOwnProperty: 3 }, { toJSON: "text" }, JSON.parse('{"then":"no promise"}'),
];

class Point {
  x = 1;
}

/** Values that JSON would change, and the path that the message must begin with. */
export const REFUSED: readonly (readonly [value: () => unknown, path: string])[] = [
  [() => undefined, "value"],
  [() => null, "value"],
  [() => () => 1, "value"],
  [() => Symbol("s"), "value"],
  [() => 1n, "value"],
  [() => NaN, "value"],
  [() => -Infinity, "value"],
  [() => new Date(0), "value"],
  [() => new Point(), "value"],
  [() => ({ user: { joined: new Date(0) } }), "value.user.joined"],
  [() => ({ list: [1, new Map()] }), "value.list[1]"],
  [() => [[new Set()]], "value[0][0]"],
  [() => ({ "two words": new Uint8Array(2) }), "value"],
  [() => ({ a: new ArrayBuffer(1) }), "value.a"],
  [() => ({ a: /x/ }), "value.a"],
  [() => ({ a: new Error("x") }), "value.a"],
  [() => ({ a: Promise.resolve(1) }), "value.a"],
  [() => ({ a: new Number(1) }), "value.a"],
  [() => ({ a: new (class List extends Array<number> {})() }), "value.a"],
  [() => ({ a: { toJSON: () => 1 } }), "value.a.toJSON"],
  [() => [1, undefined], "value[1]"],
  [() => new Array(2), "value[0]"],
  [() => ({ a: Infinity }), "value.a"],
  [cycle, "value.self"],
  [() => nested(100_000), "value[0]"],
];

function cycle(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}

/** A text inside `levels` arrays. */
export function nested(levels: number): unknown {
  let value: unknown = "deep";
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

/** ASCII text of a number of bytes that gets no shorter when it is compressed and written as base64. */
export function noise(length: number): string {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; ) {
    // Marsaglia's xorshift, whose 32 bits are enough for five characters: a backend may take many megabytes.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    for (let shift = 0; shift < 30 && i < length; shift += 6) {
      // 64 characters that JSON does not escape.
      const character = 35 + ((state >>> shift) & 63);
      bytes[i++] = character < 92 ? character : character + 1;
    }
  }
  return new TextDecoder().decode(bytes);
}
