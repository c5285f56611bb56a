import { describe, expect, it } from "#test";
import { shardOf } from "../../../src/adapters/objects/shard.ts";

/** Found once and never to be changed: entries would seem to be gone from the objects that keep them. */
const VECTORS: readonly (readonly [
  collection: string,
  key: string,
  of2: number,
  of4: number,
  of7: number,
  of1000: number,
])[] = [
  ["default_collection", "user:123", 0, 2, 6, 770],
  ["users", "user:123", 0, 2, 6, 826],
  ["users", "", 1, 1, 6, 257],
  ["", "users", 0, 0, 4, 992],
  ["", "", 1, 3, 4, 307],
  ["a::b", "c", 1, 3, 0, 819],
  ["a", "b::c", 1, 1, 2, 801],
  ["naïve", "日本語", 1, 3, 4, 695],
  ["😀", "\u0000", 1, 1, 2, 777],
  ["lone", "\ud83d", 1, 3, 2, 507],
  ["lone", "\ude00", 0, 0, 6, 64],
  ["long", "x".repeat(10_000), 1, 1, 6, 289],
];

describe("the shard of a key", () => {
  for (const [collection, key, ...expected] of VECTORS) {
    it(`is pinned for ${JSON.stringify([collection, key.slice(0, 20)])}`, () => {
      expect([2, 4, 7, 1000].map((shards) => shardOf(collection, key, shards))).toEqual(expected);
    });
  }

  it("is the only one where there is one", () => {
    for (const [collection, key] of VECTORS) expect(shardOf(collection, key, 1)).toBe(0);
  });

  it("spreads similar keys evenly", () => {
    for (const name of [(i: number) => `user:${i}`, (i: number) => `${i}`, (i: number) => "x".repeat(i)]) {
      const counts = new Array<number>(8).fill(0);
      for (let i = 0; i < 4000; i++) counts[shardOf("sessions", name(i), 8)]!++;
      expect(Math.min(...counts)).toBeGreaterThan(400);
      expect(Math.max(...counts)).toBeLessThan(600);
    }
  });

  it("depends on where the collection ends", () => {
    const shards = Array.from({ length: 64 }, (_, i) => shardOf(`a${"b".repeat(i)}`, "b".repeat(64 - i), 1000));
    expect(new Set(shards).size).toBeGreaterThan(55);
  });
});
