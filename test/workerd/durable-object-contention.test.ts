import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import { limit } from "../../src/core/operations/limit.ts";
import { type AnyDriver, toDriver } from "../../src/index.ts";
import { bindings, objects } from "./objects.ts";

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe("a thousand callers of one key", () => {
  for (const shards of [1, 4]) {
    it(`make one call each, and no caller loses, shards: ${shards}`, async () => {
      const namespace = objects(`thousand ${shards}`);
      const store = durableObjectStore(namespace, { shards });
      const sums = await Promise.all(times(1000, () => store.increment("n")));
      expect(sums.sort((a, b) => a - b)).toEqual(times(1000, (i) => i + 1));
      // One caller asks the first object for the number of shards, while the others wait.
      expect(namespace.calls.length).toBeLessThanOrEqual(1002);

      await store.put("token", "secret");
      namespace.calls.length = 0;
      const taken = await Promise.all(times(200, () => store.take("token")));
      expect(taken.filter((value) => value === "secret")).toHaveLength(1);
      const { apply }: AnyDriver = toDriver(store);
      const allowed = await Promise.all(
        times(200, () => apply?.("limits", "ip", limit, { limit: 150, window: 600_000, cost: 1 })),
      );
      expect(allowed.filter((result) => result && "allowed" in result && result.allowed)).toHaveLength(150);
      expect(namespace.calls).toHaveLength(400);
    });
  }

  it("are told different sums in the storage of an object", async () => {
    const stub = bindings.OWN.get(bindings.OWN.idFromName("thousand"));
    await runInDurableObject(stub, async (_, { storage }) => {
      const store = durableObjectStorageStore(storage);
      const sums = await Promise.all(times(1000, () => store.increment("n")));
      expect(new Set(sums).size).toBe(1000);
      await Promise.all(times(400, () => store.update<number>("n", (n) => (n ?? 0) + 1)));
      expect(await store.get("n")).toBe(1400);
    });
  });
});
