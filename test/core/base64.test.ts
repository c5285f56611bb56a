import fc from "fast-check";
import { describe, expect, it } from "#test";
import { fromBase64, fromUrlSafeBase64, toBase64, toUrlSafeBase64 } from "../../src/core/base64.ts";
import { decodeBase64, encodeBase64 } from "../../src/core/base64-fallback.ts";

const ways = {
  "as the runtime can": [toBase64, fromBase64],
  "without help of the runtime": [encodeBase64, decodeBase64],
} as const;

const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => new Uint8Array(array));

for (const [how, [encode, decode]] of Object.entries(ways)) {
  describe(`base64 ${how}`, () => {
    it("is what btoa makes of the same bytes, and comes back", () => {
      fc.assert(
        fc.property(bytes, (bytes) => {
          const text = encode(bytes);
          expect(text).toBe(btoa(String.fromCharCode(...bytes)));
          expect(decode(text)).toEqual(bytes);
        }),
        { numRuns: 500 },
      );
    });

    it("comes from long bytes, too", () => {
      const long = new Uint8Array(1_000_001).map((_, i) => (i * i) >> 3);
      expect(decode(encode(long))).toEqual(long);
    });

    it("is refused where it is not what encoding returns: other characters, spaces, padding, stray bits", () => {
      for (const text of ["A", "AA", "AAA", "AA=", "A===", "====", "=AAA", "AA=A", "AAAAA", "AAAA====", "AAAAAA=="]) {
        expect(decode(text)?.length).toBe(text === "AAAAAA==" ? 4 : undefined);
      }
      const wrong = [
        "AAAA\n",
        " AAAA",
        "AA AA",
        "AA\tAA==",
        "AAé=",
        "AA-_",
        "AB==",
        "AAB=",
        "\u{1F600}AA",
        "AAA\u{100}",
      ];
      for (const text of wrong) expect(decode(text)).toBe(undefined);
    });
  });
}

describe("base64 for URLs", () => {
  it("has no + and no /, and takes none", () => {
    const bytes = new Uint8Array([0xfb, 0xff, 0xbf, 0xfe]);
    expect(toUrlSafeBase64(bytes)).toBe("-_-__g==");
    expect(fromUrlSafeBase64("-_-__g==")).toEqual(bytes);
    expect(fromUrlSafeBase64("+/+//g==")).toBe(undefined);
    for (const value of [1, null, {}, undefined]) expect(fromBase64(value)).toBe(undefined);
  });
});
