import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import { bindings, later } from "./objects.ts";

/** Runs in an object of somebody's own, as a method of it would. */
const inside = <R>(name: string, work: (storage: DurableObjectStorage) => Promise<R>): Promise<R> =>
  runInDurableObject(bindings.OWN.get(bindings.OWN.idFromName(name)), (_, { storage }) => work(storage));

describe("durableObjectStorageStore", () => {
  it("keeps entries beside what the object keeps itself", async () => {
    await inside("beside", async (storage) => {
      storage.sql.exec("CREATE TABLE mine (id); INSERT INTO mine VALUES (1)");
      await storage.put("mine", 2);
      const store = durableObjectStorageStore(storage);
      await store.put("k", { a: 1 }, { collection: "c" });
      expect(await durableObjectStorageStore(storage).get("k", { collection: "c" })).toEqual({ a: 1 });
      expect(await store.destroy()).toBe(true);
      expect(await store.get("k", { collection: "c" })).toBe(null);
      expect(await storage.get("mine")).toBe(2);
      expect(storage.sql.exec("SELECT * FROM mine").toArray()).toEqual([{ id: 1 }]);
    });
  });

  it("takes one statement and no transaction for one key, and one statement for a few", async () => {
    await inside("statements", async (storage) => {
      const calls: string[] = [];
      const counted = {
        sql: { exec: (query: string, ...values: unknown[]) => calls.push(query) && storage.sql.exec(query, ...values) },
        transactionSync: <R>(work: () => R) => calls.push("transaction") && storage.transactionSync(work),
      } as unknown as DurableObjectStorage;
      const store = durableObjectStorageStore(counted);
      await store.put("a", 1);
      for (const call of [
        () => store.put("a", 2),
        () => store.get("a"),
        () => store.getMany(["a", "b", "c"]),
        () => store.delete("a"),
      ]) {
        calls.length = 0;
        await call();
        expect(calls.length).toBe(1);
      }
    });
  });

  it("says of a number that JavaScript cannot hold that it is corrupted", async () => {
    await inside("infinite", async (storage) => {
      const store = durableObjectStorageStore(storage);
      await store.put("k", 1);
      storage.sql.exec("UPDATE edge_key_value SET value = '[1e999]'");
      for (const read of [() => store.get("k"), () => store.ttl("k"), () => store.take("k")]) {
        await expect(read()).rejects.toMatchObject({ code: "corrupted" });
      }
    });
  });

  it("finds what has expired without reading what has not", async () => {
    await inside("index", async (storage) => {
      const store = durableObjectStorageStore(storage);
      const keys = Array.from({ length: 200 }, (_, i) => `k${i}`);
      await store.putMany(keys.map((key) => [key, 1]));
      await store.putMany(
        keys.map((key) => [key, 1]),
        { collection: "later", ttl: 3600 },
      );
      await store.put("short", 1, { ttl: 5 });
      const found = storage.sql.exec("SELECT key FROM edge_key_value WHERE expires_at <= ?", Date.now() + 6000);
      expect(found.toArray()).toEqual([{ key: "short" }]);
      expect(found.rowsRead).toBeLessThan(5);
    });
  });

  it("never touches the alarm: cull reclaims what has expired", async () => {
    await inside("alarm", async (storage) => {
      const store = durableObjectStorageStore(storage);
      const rows = () => storage.sql.exec("SELECT * FROM edge_key_value").toArray().length;
      await store.putMany(
        Array.from({ length: 1500 }, (_, i) => [`k${i}`, i]),
        { ttl: 10 },
      );
      await store.put("kept", 1, { ttl: 60 });
      await store.take("kept");
      expect(await storage.getAlarm()).toBe(null);
      expect(rows()).toBe(1500);
      expect(await later(11, () => store.cull())).toBe(1500);
      expect(rows()).toBe(0);
      await storage.setAlarm(Date.now() + 60_000);
      const alarm = await storage.getAlarm();
      await store.put("k", 1, { ttl: 1 });
      await store.destroy();
      expect(await storage.getAlarm()).toBe(alarm);
    });
  });

  it("refuses at once what is no storage", () => {
    for (const wrong of [undefined, null, {}, new Map()]) {
      expect(() => durableObjectStorageStore(wrong as never)).toThrow(TypeError);
    }
  });

  it("works on after deleteAll", async () => {
    await inside("deleteAll", async (storage) => {
      const store = durableObjectStorageStore(storage);
      await store.increment("n");
      await storage.deleteAll();
      expect(await store.increment("n")).toBe(1);
    });
  });

  it("refuses stored text that is not JSON, or takes it for missing", async () => {
    await inside("corrupt", async (storage) => {
      const store = durableObjectStorageStore(storage);
      await store.put("k", 1);
      storage.sql.exec("UPDATE edge_key_value SET value = '{'");
      await expect(store.get("k")).rejects.toMatchObject({
        code: "corrupted",
        store: "durable-object-storage",
        key: "k",
      });
      const lenient = durableObjectStorageStore(storage, { onCorrupt: "miss" });
      expect(await lenient.get("k")).toBe(null);
      expect(await lenient.take("k")).toBe(null);
      expect(await lenient.putIfAbsent("k", 2)).toBe(true);
    });
  });

  it("turns failures of the storage into errors with a code", async () => {
    const storage = {
      sql: {
        exec: () => {
          throw new Error("database or disk is full: SQLITE_FULL");
        },
      },
      transactionSync: <T>(work: () => T) => work(),
    };
    const store = durableObjectStorageStore(storage);
    await expect(store.get("k")).rejects.toMatchObject({ code: "full", key: "k", cause: expect.any(Error) });
  });
});
