import { Idempotency } from "@node-idempotency/core";
import { describe, expect, it } from "#test";
import { createStore, memoryStore, toDriver } from "../../src/index.ts";
import { nodeIdempotencyStorage } from "../../src/interop/node-idempotency.ts";
import { atTime } from "../interop/support.ts";

const request = (body: Record<string, unknown> = { amount: 10 }) => ({
  headers: { "Idempotency-Key": "order-1" },
  path: "/pay",
  method: "POST",
  body,
});

const outcome = (work: Promise<unknown>) =>
  work.then(
    (found) => found ?? "runs",
    (error: { message: string }) => error.message,
  );

describe("node-idempotency over a store", () => {
  it("runs one of a hundred requests, and replays its response in every process", async () => {
    const store = memoryStore();
    const newProcess = () => new Idempotency(nodeIdempotencyStorage(store));
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcome(newProcess().onRequest(request()))));
    expect(outcomes.filter((one) => one === "runs").length).toBe(1);
    expect(new Set(outcomes).size).toBe(2);
    await newProcess().onResponse(request(), { body: { paid: true }, additional: { status: 201 } });
    const replayed = { body: { paid: true }, additional: { status: 201 } };
    expect(await outcome(newProcess().onRequest(request()))).toEqual(replayed);
    expect(await outcome(newProcess().onRequest(request({ amount: 11 })))).toBe("Idempotency-Key is already used");
  });

  it("keeps a response for the package's TTL, which is in milliseconds", () =>
    atTime(async (pass) => {
      const idempotency = new Idempotency(nodeIdempotencyStorage(memoryStore()), { cacheTTLMS: 60_000 });
      await idempotency.onRequest(request());
      await idempotency.onResponse(request(), { body: "paid" });
      pass(59);
      expect(await outcome(idempotency.onRequest(request()))).toEqual({ body: "paid" });
      pass(2);
      expect(await outcome(idempotency.onRequest(request()))).toBe("runs");
    }));

  it("lets a retry run once the lease of a crashed request has ended", () =>
    atTime(async (pass) => {
      const idempotency = new Idempotency(nodeIdempotencyStorage(memoryStore(), { lease: 30 }));
      await idempotency.onRequest(request());
      pass(29);
      expect(await outcome(idempotency.onRequest(request()))).toContain("outstanding");
      pass(2);
      expect(await outcome(idempotency.onRequest(request()))).toBe("runs");
    }));

  it("keeps values without a TTL for ever", () =>
    atTime(async (pass) => {
      const storage = nodeIdempotencyStorage(memoryStore());
      expect(await storage.setIfNotExists("k", "first")).toBe(true);
      await storage.set("k", "second", {});
      for (const ttl of [0, 1e18, Number.POSITIVE_INFINITY]) {
        expect(await storage.setIfNotExists(`${ttl}`, "first", { ttl })).toBe(true);
        await storage.set(`${ttl}`, "second", { ttl });
      }
      pass(1e9);
      expect(await storage.get("k")).toBe("second");
      expect([await storage.get("0"), await storage.get("Infinity")]).toEqual(["second", "second"]);
      expect(await storage.get("other")).toBe(undefined);
    }));

  it("refuses a store that cannot claim a key for good", () => {
    const { swap: _, ...weak } = toDriver(memoryStore());
    expect(() => nodeIdempotencyStorage(createStore(weak) as never)).toThrow("needs a store with atomic operations");
    expect(() => nodeIdempotencyStorage(memoryStore({ maxEntries: 10 }))).toThrow("may drop entries");
  });
});
