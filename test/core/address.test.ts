import fc from "fast-check";
import { describe, expect, it } from "#test";
import { addressPrefix, joinAddress, splitAddress } from "../../src/core/address.ts";

/** Strings made of the pieces that escapes and separators are made of. */
const hostile = fc
  .array(
    fc.constantFrom("%", "25", "3A", "u", "D8", "00", "uD800", "%25", ":", "::", "a", "\uD800", "\uDC00", "\n", "é"),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(""));

describe("addresses", () => {
  it("are written as collection::key, with what is ambiguous escaped", () => {
    for (const [collection, key, address] of [
      ["users", "user:123", "users::user:123"],
      ["", "", "::"],
      ["a:", "b", "a%3A::b"],
      ["a::b", "c::d", "a%3A:b::c::d"],
      ["100%", "%25", "100%::%2525"],
      ["%3A", "%3A", "%253A::%3A"],
      ["\uD800", "x\uDFFF", "%uD800::x%uDFFF"],
      ["%uD800", "%uDABC", "%25uD800::%25uDABC"],
      ["\u{1F600}", "%uD7FF", "\u{1F600}::%uD7FF"],
    ] as const) {
      expect(joinAddress(collection, key)).toBe(address);
      expect(splitAddress(address)).toEqual([collection, key]);
    }
  });

  it("come apart into what they were made of, and are well-formed", () => {
    fc.assert(
      fc.property(hostile, hostile, (collection, key) => {
        const address = joinAddress(collection, key);
        expect(splitAddress(address)).toEqual([collection, key]);
        expect(/\p{Surrogate}/u.test(address)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("are the only strings that come apart", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const parts = splitAddress(text);
        expect(parts === undefined || joinAddress(...parts) === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
    for (const text of ["", "a", "a:b", "a%25::b", "a::\uD800", "::%uD8ff", "::%uD800%uDC00"]) {
      expect(splitAddress(text)).toBe(undefined);
    }
  });

  it("of keys with a prefix start with the prefix's address", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (collection, prefix, rest) => {
        expect(joinAddress(collection, prefix + rest).startsWith(addressPrefix(collection, prefix))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
