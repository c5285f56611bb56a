import { createAsyncStoragePersister } from "@tanstack/query-async-storage-persister";
import { createStorage } from "unstorage";
import { describe, expect, it } from "#test";
import { memoryStore } from "../../src/index.ts";
import { toAsyncStorage } from "../../src/interop/async-storage.ts";
import { atTime } from "./support.ts";

describe("storage of the browser's shape on a store", () => {
  it("persists the queries of TanStack Query", async () => {
    const storage = toAsyncStorage(memoryStore());
    const persister = createAsyncStoragePersister({ storage, throttleTime: 0 });
    const client = { timestamp: 1, buster: "1", clientState: { mutations: [], queries: [] } };
    await persister.persistClient(client);
    await new Promise((done) => setTimeout(done, 10));
    expect(await createAsyncStoragePersister({ storage }).restoreClient()).toEqual(client);
    await persister.removeClient();
    expect(await persister.restoreClient()).toBe(undefined);
  });

  it("lets the sessions of a driver without TTLs, as Astro's, expire after a default", () =>
    atTime(async (pass) => {
      // Astro wraps a session driver into unstorage's storage.
      const driver = { ...toAsyncStorage(memoryStore(), { ttl: 3600 }), hasItem: () => false, getKeys: () => [] };
      const sessions = createStorage({ driver });
      await sessions.setItem("id", { cart: ["book"] });
      pass(3599);
      expect(await sessions.getItem("id")).toEqual({ cart: ["book"] });
      await sessions.setItem("id", { cart: [] });
      pass(3599);
      expect(await sessions.getItem("id")).toEqual({ cart: [] });
      pass(2);
      expect(await sessions.getItem("id")).toBe(null);
    }));

  it("keeps any JSON value, and removes it", async () => {
    const storage = toAsyncStorage<{ a: number }>(memoryStore(), { collection: "mine" });
    await storage.setItem("k", { a: 1 });
    expect(await storage.getItem("k")).toEqual({ a: 1 });
    await storage.removeItem("k");
    expect(await storage.getItem("k")).toBe(null);
  });
});
