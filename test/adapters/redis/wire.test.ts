import { describe, expect, it } from "#test";
import { decodeEntry, encodeEntry, parseDate } from "../../../src/adapters/redis/wire.ts";
import { joinAddress } from "../../../src/core/address.ts";
import type { JsonValue } from "../../../src/index.ts";
import wire from "../../fixtures/python-wire.json" with { type: "json" };

const entries = wire.entries as {
  name: string;
  collection: string;
  key: string;
  value: JsonValue;
  ttl: number | null;
  wrappers: string[];
  redisKey: string;
  stored: string;
}[];

describe("the bytes shared with Python", () => {
  for (const { name, collection, key, value, ttl, wrappers, redisKey, stored } of entries) {
    it(`reads Python's entry: ${name}`, () => {
      expect(joinAddress(collection, key)).toBe(redisKey);
      const entry = decodeEntry(stored);
      if (wrappers.length === 0) expect(entry?.value).toEqual(value);
      else
        expect(
          Object.keys(entry?.value as object).some((field) => /^__(compressed|encrypted)_data__$/.test(field)),
        ).toBe(true);
      const createdAt = entry?.createdAt as number;
      expect(new Date(createdAt).toISOString().slice(0, 16)).toBe("2026-11-23T13:57");
      expect(entry?.expiresAt).toBe(ttl === null ? undefined : createdAt + ttl * 1000);
    });
  }

  it("writes what Python asks for: all fields, dates with an offset and six digits, no date that is null", () => {
    const times = { createdAt: Date.UTC(2026, 10, 23, 13, 38, 56, 939), expiresAt: Date.UTC(2026, 10, 23, 13, 40) };
    expect(JSON.parse(encodeEntry("users", "é", { value: { a: [1, "x"] }, ...times }, "the-id"))).toEqual({
      collection: "users",
      created_at: "2026-11-23T13:38:56.939000+00:00",
      expires_at: "2026-11-23T13:40:00.000000+00:00",
      id: "the-id",
      key: "é",
      value: { a: [1, "x"] },
      version: 1,
    });
    expect(encodeEntry("c", "k", { value: 1 }, "i")).toBe(
      '{"id":"i","collection":"c","key":"k","value":1,"version":1}',
    );
  });

  it("begins with the deadline and the id, where the scripts look for them", () => {
    expect(encodeEntry("c", "k", { value: 1, createdAt: 0, expiresAt: 0 }, "i").slice(0, 62)).toBe(
      '{"expires_at":"1970-01-01T00:00:00.000000+00:00","id":"i","cre',
    );
  });

  it("reads back what it writes", () => {
    for (const value of [
      "",
      "text",
      "\uD800",
      0,
      false,
      [],
      {},
      [null],
      { __proto__: null, a: { b: [1e21, -0.5] } },
    ] as JsonValue[]) {
      const entry = { value, createdAt: 1_700_000_000_123, expiresAt: 253402300799999 };
      expect(decodeEntry(encodeEntry("\uDC00", "k", entry, "i"))).toEqual(entry);
      expect(decodeEntry(encodeEntry("c", "k", { value }, "i"))).toEqual({
        value,
        createdAt: undefined,
        expiresAt: undefined,
      });
    }
  });

  it("rounds a deadline up to the millisecond, and clamps it to the last year that Python has", () => {
    expect(decodeEntry(encodeEntry("c", "k", { value: 1, expiresAt: 1000.2 }, "i"))?.expiresAt).toBe(1001);
    for (const expiresAt of [253402300800000, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
      expect(decodeEntry(encodeEntry("c", "k", { value: 1, expiresAt }, "i"))?.expiresAt).toBe(253402300799999);
    }
  });

  it("reads any order of fields, fields it does not know, any version, and a value alone", () => {
    expect(decodeEntry('{"value": {}}')?.value).toEqual({});
    expect(decodeEntry('{"version":7,"x":[],"value":"v","expires_at":null,"key":1}')).toEqual({
      value: "v",
      createdAt: undefined,
      expiresAt: undefined,
    });
    expect(decodeEntry('{"value":1,"created_at":"yesterday"}')).toEqual({
      value: 1,
      createdAt: undefined,
      expiresAt: undefined,
    });
  });

  it("refuses what is no envelope", () => {
    const corrupt = [
      "",
      " ",
      "null",
      "5",
      '"text"',
      "[]",
      "[1]",
      "{}",
      '{"value":null}',
      '{"value":NaN}',
      '{"value":1',
      "\u0000",
      '"{\\"value\\":1}"',
    ];
    corrupt.push(
      '{"value":1,"expires_at":5}',
      '{"value":1,"expires_at":"soon"}',
      '{"value":1,"expires_at":"2026-11-23T13:38:56"}',
      '{"value":[Infinity]}',
    );
    for (const bytes of corrupt) expect([bytes, decodeEntry(bytes)]).toEqual([bytes, undefined]);
  });

  it("reads dates with an offset, and no others", () => {
    const time = Date.UTC(2026, 10, 23, 13, 38, 56);
    expect(parseDate("2026-11-23T13:38:56+00:00")).toBe(time);
    expect(parseDate("2026-11-23T13:38:56.939552+00:00")).toBe(time + 939);
    expect(parseDate("2026-11-23T13:38:56.939Z")).toBe(time + 939);
    expect(parseDate("2026-11-23T15:38:56+02:00")).toBe(time);
    expect([parseDate(undefined), parseDate(null)]).toEqual([undefined, undefined]);
    for (const date of ["", "2026-11-23T13:38:56", "2026-11-23", "Z", 5, true, {}])
      expect(parseDate(date)).toBe(Number.NaN);
  });
});
