/** Names that break separators, patterns, escapes, paths, encodings, and objects used as maps. */
// biome-ignore format: a table, a kind of trouble a line
export const NAMES: readonly string[] = [
  "", " ", "  ", "a", "A", "a ", " a",
  ":", "::", ":::", "a:", ":a", "a::", "::a", "a::b", "a:b",
  "%", "%%", "%2", "%25", "%2525", "%3A", "%253A", "%3a", "%uD800", "%25uD800", "%ud800", "%00", "+", "a+b",
  "\uD800", "\uDBFF", "\uDC00", "\uDFFF", "\uDC00\uD800", "x\uD800y", "\uD83D", "\uDE00", "😀", "\uFFFD", "\uFFFDx", "\u{10FFFF}", "\uFF5E",
  "*", "?", "[", "]", "[a]", "[a-z]", "{a,b}", "^", "a*", "\\", "\\*", "\\\\", "_", "a_b", "%_",
  "'", '"', "''", "`", ";", "--", "$1", "$&", "#", "&", "=", "|", ",", "<", ">", "(", ")", "@", "!", "~",
  "/", "//", "/a", "a/", "a/b", ".", "..", "../a", "a.b", "C:\\a", "~/a",
  "\0", "a\0", "\0a", "a\0b", "\n", "\r", "\r\n", "\t", "\x7F", "\x80", "\u2028", "\u200B", "\uFEFF", "\uFEFFa", "\u202E",
  "é", "e\u0301", "ß", "ẞ", "İ", "ı", "ﬁ", "fi", "日本語", "👨‍👩‍👧", "🇨🇭",
  "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "then", "valueOf",
  "null", "undefined", "true", "false", "0", "1", "01", "1e3", "1000", "-0", "NaN", '"a"', "[1]", '{"a":1}', "12345678901234567890",
  "default_collection", "collection", "key",
];

/** Pairs of addresses that get the same name if collection and key are joined carelessly. */
// biome-ignore format: a table
export const COLLIDING: readonly (readonly [collection: string, key: string])[] = [
  ["", "::"], [":", ":"], ["::", ""], [":", "::"], ["::", ":"], ["", ":::"], [":::", ""],
  ["a", "b::c"], ["a::b", "c"], ["a", ":b"], ["a:", "b"], ["a:", ":b"], ["a::", "b"], ["a", "::b"],
  ["a%3A", "b"], ["a%3A%3A", "b"], ["a%253A", "b"], ["a%", "3Ab"], ["a%3A:b", "c"], ["a:%3Ab", "c"], ["a%3A", ":b"],
  ["a/b", "c"], ["a", "b/c"], ["a/", "b"], ["a", "/b"], ["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"],
  ["a\0b", "c"], ["a", "b\0c"], ["a\uD83D", "\uDE00b"], ["a\uD83D\uDE00", "b"], ["a", "\uD83D\uDE00b"],
  ["a%uD83D", "b"], ["a\uD83D", "b"], ["a%25uD83D", "b"], ["a%25", "b"], ["a%2525", "b"],
  ["a.b", "c"], ["a", "b.c"], ["a b", "c"], ["a", "b c"], ["a,b", "c"], ["a", "b,c"], ['a","b', "c"], ["a", 'b","c'],
];

/** Prefixes that listings get wrong: patterns, case, halves of surrogate pairs and of escapes, ends of ranges. */
// biome-ignore format: a table
export const PREFIXES: readonly string[] = [
  "", "a", "A", "a:", ":", "%", "%2", "%u", "%uD", "*", "?", "[", "[a", "\\", "_", "a_", "\uD83D", "😀", "\uFFFD", "\uD800", "\u{10FFFF}",
  "\0", "a\0", "é", "e", "__", "1", "'", "/", ".", "no such name",
];
