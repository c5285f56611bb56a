import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { type HonoIdempotencyRecord, honoIdempotencyStore } from "../../src/interop/hono-idempotency.ts";
import { atTime } from "./support.ts";

const record: HonoIdempotencyRecord = { key: "order-1", fingerprint: "f", status: "processing", createdAt: 1 };
const response = { status: 201, headers: { "content-type": "text/plain" }, body: "paid" };

// The package is not on npm, so these are the demands of its `IdempotencyStore`.
describe("a store for hono-idempotency", () => {
  it("locks a key for one of a hundred callers", async () => {
    const store = memoryStore();
    const locks = Array.from({ length: 100 }, () => honoIdempotencyStore(store).lock("k", record));
    expect((await Promise.all(locks)).filter(Boolean).length).toBe(1);
    expect(await honoIdempotencyStore(store).get("k")).toEqual(record);
  });

  it("completes a record, and does nothing for one that is missing", async () => {
    const store = honoIdempotencyStore(memoryStore());
    await store.complete("k", response);
    expect(await store.get("k")).toBe(undefined);
    await store.lock("k", record);
    await store.complete("k", response);
    expect(await store.get("k")).toEqual({ ...record, status: "completed", response });
    expect(await store.lock("k", record)).toBe(false);
  });

  it("lets a retry run after a failure, after a crash, and once the response has expired", () =>
    atTime(async (pass) => {
      const store = honoIdempotencyStore(memoryStore(), { ttl: 3600, lease: 60 });
      await store.lock("k", record);
      await store.delete("k");
      expect(await store.lock("k", record)).toBe(true);
      pass(59);
      expect(await store.lock("k", record)).toBe(false);
      pass(2);
      expect(await store.lock("k", record)).toBe(true);
      await store.complete("k", response);
      pass(3599);
      expect((await store.get("k"))?.status).toBe("completed");
      pass(2);
      expect(await store.get("k")).toBe(undefined);
      expect(typeof (await store.purge())).toBe("number");
    }));

  it("refuses a store that cannot claim a key for good", () => {
    const { swap: _, ...weak } = toDriver(memoryStore());
    for (const [store, message] of [
      [createStore(weak), "needs a store with atomic operations; memory has none"],
      [memoryStore({ maxEntries: 10 }), "needs a store that keeps its entries; memory may drop entries here"],
      [{ ...memoryStore() }, "needs a store that is strongly consistent; custom is not"],
    ] as const) {
      expect(() => honoIdempotencyStore(store as never)).toThrow(message);
    }
  });
});
