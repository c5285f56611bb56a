import { describe, expect, it } from "#test";
import { decodeEnvelope, decodeValue, encodeRest, encodeTail, parseDate } from "../../../src/adapters/redis/wire.ts";
import { joinAddress } from "../../../src/core/address.ts";
import type { Entry, JsonValue } from "../../../src/index.ts";
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
      const entry = decodeEnvelope(stored);
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

  const encoded = (collection: string, key: string, entry: Entry) => `{${encodeRest(collection, key, entry, "the-id")}`;

  it("writes what Python asks for: all fields, dates with an offset and six digits, no date that is null", () => {
    const createdAt = Date.UTC(2026, 10, 23, 13, 38, 56, 939);
    expect(encoded("users", "é", { value: { a: [1, "x"] }, createdAt })).toBe(
      '{"id":"the-id","created_at":"2026-11-23T13:38:56.939000+00:00","value":{"a":[1,"x"]},"version":1,"collection":"users","key":"é"}',
    );
    expect(encoded("c", "k", { value: 1 })).toBe('{"id":"the-id","value":1,"version":1,"collection":"c","key":"k"}');
    expect(encoded("c", '"', { value: 1 }).endsWith(`1${encodeTail("c", '"')}`)).toBe(true);
  });

  it("decodes the value alone where this library wrote the entry for that name, and nothing else", () => {
    const value = { a: ['"', 1], version: 1, collection: "c", key: "k" };
    const lasting = encodeRest('"', "\uFFFD", { value, createdAt: 1_700_000_000_123 }, "f-1");
    for (const start of ["{", '{"expires_at":"2026-11-23T13:38:56.939000+00:00",']) {
      expect(decodeValue(start + lasting, '"', "\uFFFD")).toEqual(value);
      expect(decodeValue(start + lasting, '"', "other")).toBe(undefined);
    }
    for (const { stored, collection, key } of entries) expect(decodeValue(stored, collection, key)).toBe(undefined);
    const whole = encoded("c", "k", { value });
    for (let end = 0; end < whole.length; end++) {
      expect(decodeValue(whole.slice(0, end), "c", "k")).toBe(undefined);
      expect(decodeValue(whole.slice(end + 1), "c", "k")).toBe(undefined);
    }
    const tail = encodeTail("c", "k");
    for (const part of ["null", "1e999", '1,"value":2', "[", "", '"\uFFFD"'])
      expect(decodeValue(`{"id":"i","value":${part}${tail}`, "c", "k")).toBe(undefined);
    expect(decodeValue(`{"id":"\n","value":1${tail}`, "c", "k")).toBe(undefined);
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
      const entry = { value, createdAt: 1_700_000_000_123, expiresAt: undefined };
      expect(decodeEnvelope(encoded("\uDC00", "\uFFFD", entry))).toEqual(entry);
      expect(decodeEnvelope(encoded("c", "k", { value }))).toEqual({
        value,
        createdAt: undefined,
        expiresAt: undefined,
      });
    }
  });

  it("reads any order of fields, fields it does not know, any version, and a value alone", () => {
    expect(decodeEnvelope('{"value": {}}')?.value).toEqual({});
    expect(decodeEnvelope('{"version":7,"x":[],"value":"v","expires_at":null,"key":1}')).toEqual({
      value: "v",
      createdAt: undefined,
      expiresAt: undefined,
    });
    expect(decodeEnvelope('{"value":1,"created_at":"yesterday"}')).toEqual({
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
    for (const bytes of corrupt) expect([bytes, decodeEnvelope(bytes)]).toEqual([bytes, undefined]);
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
