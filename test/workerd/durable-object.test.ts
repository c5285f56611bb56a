import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { objects } from "./objects.ts";

describe("durableObjectStore", () => {
  for (const shards of [1, 4]) {
    it(`keeps entries over ${shards} objects`, async () => {
      const store = durableObjectStore(objects(`spread ${shards}`), { shards });
      const at = { collection: "users" };
      await store.put("user:123", { name: "Alice" }, { ...at, ttl: 3600 });
      expect(await store.get("user:123", at)).toEqual({ name: "Alice" });
      expect((await store.ttl("user:123", at))?.ttl).toBeGreaterThan(3590);
      await store.putMany(
        [
          ["a", 1],
          ["b", 2],
          ["c", 3],
        ],
        at,
      );
      expect(await store.getMany(["c", "nope", "a", "c"], at)).toEqual([3, null, 1, 3]);
      expect(await Array.fromAsync(store.keys(at))).toEqual(["a", "b", "c", "user:123"]);
      expect(await Array.fromAsync(store.collections())).toEqual(["users"]);
      expect(await store.deleteMany(["a", "a", "zzz"], at)).toBe(1);
      expect(await store.take("b", at)).toBe(2);
      expect(await store.take("b", at)).toBe(null);
      expect(await store.increment("n", 2, at)).toBe(2);
      expect(await store.increment("n", 2, at)).toBe(4);
      expect(await store.destroy()).toBe(true);
      expect(await store.destroy()).toBe(false);
    });
  }
});
