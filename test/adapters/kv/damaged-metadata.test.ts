import fc from "fast-check";
import { describe, expect, it } from "#test";
import { workersKVStore } from "../../../src/adapters/workers-kv.ts";
import { KeyValueError } from "../../../src/index.ts";
import { kvInMemory } from "../../support/kv.ts";

const KEY = "k";
const LONG_KEY = "x".repeat(600);

/** Metadata as anybody might have left it: mostly ours, with one or more fields of another type. */
const metadata = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      v: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.jsonValue()),
      createdAt: fc.oneof(fc.jsonValue(), fc.double(), fc.maxSafeInteger()),
      expiresAt: fc.oneof(fc.jsonValue(), fc.double(), fc.maxSafeInteger(), fc.constant(Number.MAX_VALUE)),
      whole: fc.oneof(fc.jsonValue(), fc.string(), fc.constant("other::name")),
    },
    { requiredKeys: ["v"] },
  ),
);

async function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error) => {
    if (error instanceof KeyValueError) return error.code;
    throw error;
  });
}

describe("workersKVStore over metadata that something else has changed", () => {
  it("reads the right value, a miss or code corrupted, and never a TTL that is not a number", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(metadata, fc.boolean(), async (damaged, miss) => {
        const { binding, stored } = kvInMemory();
        const store = workersKVStore(binding, { keyPrefix: "own", onCorrupt: miss ? "miss" : "throw" });
        await store.putMany([
          [KEY, 1],
          [LONG_KEY, 1],
        ]);
        for (const [name, { value }] of stored) stored.set(name, { value, metadata: damaged });
        for (const key of [KEY, LONG_KEY]) {
          const value = await outcome(store.get(key));
          expect(miss ? [1, null] : [1, null, "corrupted"]).toContain(value);
          seen.add(String(value));
          const found = await outcome(store.ttl(key));
          if (typeof found !== "object" || found === null) expect(found).toBe(value);
          else {
            const { ttl } = found as { ttl: number | null };
            expect(ttl === null || (Number.isFinite(ttl) && ttl > 0)).toBe(true);
          }
        }
        const keys = await Array.fromAsync(store.keys());
        expect(keys.every((key) => key === KEY)).toBe(true);
        expect((await Array.fromAsync(store.collections())).every((name) => name === "default_collection")).toBe(true);
        expect(typeof (await store.delete(KEY))).toBe("boolean");
        expect(typeof (await store.destroy())).toBe("boolean");
        expect(stored.size).toBe(0);
      }),
      { seed: 1, numRuns: 500 },
    );
    expect([...seen].sort()).toEqual(["1", "corrupted", "null"]);
  });

  it("does not let metadata pass one name off as another", async () => {
    const { binding, stored } = kvInMemory();
    const store = workersKVStore(binding);
    await store.putMany([
      [KEY, 1],
      [LONG_KEY, 1],
    ]);
    for (const [name, { value }] of stored) {
      stored.set(name, { value, metadata: { v: 1, whole: `default_collection::${"y".repeat(600)}` } });
    }
    expect(await Array.fromAsync(store.keys())).toEqual([KEY]);
  });

  it("can delete and replace an entry whose metadata is damaged", async () => {
    const { binding, stored } = kvInMemory();
    const store = workersKVStore(binding);
    const damage = () => stored.set("default_collection::k", { value: "1", metadata: { v: 1, expiresAt: "soon" } });
    damage();
    expect(await outcome(store.get(KEY))).toBe("corrupted");
    expect(await store.delete(KEY)).toBe(true);
    damage();
    await store.put(KEY, 2);
    expect(await store.get(KEY)).toBe(2);
  });
});
