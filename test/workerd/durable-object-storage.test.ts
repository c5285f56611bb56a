import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import { objectCalls } from "../../src/adapters/objects/object-calls.ts";
import { sqlTables } from "../../src/adapters/objects/tables.ts";
import { bindings, later, objects } from "./objects.ts";

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

  it("takes one statement for a read, a write and a bulk, and two for an atomic operation, without a transaction", async () => {
    await inside("statements", async (storage) => {
      const calls: string[] = [];
      const counted = {
        sql: { exec: (query: string, ...values: unknown[]) => calls.push(query) && storage.sql.exec(query, ...values) },
        transactionSync: <R>(work: () => R) => calls.push("transaction") && storage.transactionSync(work),
      } as unknown as DurableObjectStorage;
      const store = durableObjectStorageStore(counted);
      await store.put("a", 1);
      const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
      const pairs = keys.map((key) => [key, { key }] as const);
      for (const [statements, call] of [
        [1, () => store.put("a", 2)],
        [1, () => store.get("a")],
        [1, () => store.putMany(pairs)],
        [1, () => store.getMany(keys)],
        [1, () => store.deleteMany(keys)],
        [1, () => store.delete("a")],
        [2, () => store.increment("n")],
        [2, () => store.putIfAbsent("a", 1)],
        [2, () => store.take("a")],
        [1, () => store.listKeys()],
      ] as const) {
        calls.length = 0;
        await call();
        expect([call.toString(), calls.length]).toEqual([call.toString(), statements]);
      }
    });
  });

  it("writes a bulk that needs several statements at once or not at all", async () => {
    await inside("parts", async (storage) => {
      const store = durableObjectStorageStore(storage);
      const large = Array.from({ length: 4 }, (_, i) => [`k${i}`, "x".repeat(900_000)] as const);
      await store.putMany(large);
      expect((await store.getMany<string>(["k0", "k3"])).map((text) => text?.length)).toEqual([900_000, 900_000]);
      let writes = 0;
      const failing = {
        sql: {
          exec(query: string, ...values: unknown[]) {
            if (query.startsWith("INSERT") && ++writes === 2) throw new Error("SQLITE_FULL");
            return storage.sql.exec(query, ...values);
          },
        },
        transactionSync: <R>(work: () => R) => storage.transactionSync(work),
      } as unknown as DurableObjectStorage;
      const others = large.map(([key, text]) => [`other ${key}`, text] as const);
      await expect(durableObjectStorageStore(failing).putMany(others)).rejects.toMatchObject({ code: "full" });
      expect(writes).toBe(2);
      expect((await store.listKeys()).names).toEqual(["k0", "k1", "k2", "k3"]);
    });
  });

  it("shares the table of KeyValueObject: what was taken is absent, and a write leaves the receipts of operations", async () => {
    const namespace = objects("inside a subclass");
    const outside = durableObjectStore(namespace);
    await outside.increment("n");
    await outside.put("token", "secret");
    await outside.take("token");
    const stub = namespace.stub("edge-key-value-0");
    await runInDurableObject(stub, async (_, { storage }) => {
      const store = durableObjectStorageStore(storage);
      const versionOf = async (key: string) => (await store.getWithVersion(key))?.version ?? "";
      const receiptsOf = (key: string) =>
        String(storage.sql.exec("SELECT version FROM edge_key_value WHERE key = ?", key).one().version).split(" ")[1];
      expect(await store.getMany(["n", "token"])).toEqual([1, null]);
      expect((await store.listKeys()).names).toEqual(["n"]);
      expect(await store.delete("token")).toBe(false);
      const receipts = receiptsOf("n");
      expect(receipts).toContain('{"sum":1}');
      await store.put("n", 5);
      await store.putMany([
        ["n", 6],
        ["m", 7],
      ]);
      expect(await store.putIfVersion("n", 8, await versionOf("n"))).toBe(await versionOf("n"));
      expect(await store.increment("n")).toBe(9);
      expect(receiptsOf("n")).toBe(receipts);
    });
    await outside.take("n");
    await runInDurableObject(stub, async (_, { storage }) => {
      const store = durableObjectStorageStore(storage);
      expect(await store.putIfAbsent("n", 10)).toBe(true);
      expect(await store.putIfAbsent("n", 11)).toBe(false);
      storage.sql.exec("UPDATE edge_key_value SET expires_at = 'soon' WHERE key = 'n'");
      await expect(store.getWithVersion("n")).rejects.toMatchObject({ code: "corrupted" });
      const lenient = durableObjectStorageStore(storage, { onCorrupt: "miss" });
      expect(await lenient.putIfAbsent("n", 12)).toBe(true);
    });
    expect(await outside.getMany(["n", "m"])).toEqual([12, 7]);
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

  it("takes in a bulk what it takes alone, also where the JSON of a row or a key is much longer than itself", async () => {
    await inside("escapes", async (storage) => {
      // The platform takes parameters of up to 2 MB; workerd does not check this.
      const bounded = {
        sql: {
          exec(query: string, ...values: unknown[]) {
            for (const value of values) if (String(value).length > 2_000_000) throw new Error("SQLITE_TOOBIG");
            return storage.sql.exec(query, ...values);
          },
        },
        transactionSync: <R>(work: () => R) => storage.transactionSync(work),
      } as unknown as DurableObjectStorage;
      const value = '"'.repeat(990_000);
      const key = "\0".repeat(500_000);
      const keys = ["quotes", key, "small"];
      const store = durableObjectStorageStore(bounded);
      await store.putMany([
        ["quotes", value],
        [key, 1],
        ["small", 2],
      ]);
      const [quotes, ...others] = await store.getMany<string>(keys);
      expect([quotes?.length, others]).toEqual([value.length, [1, 2]]);
      expect(await store.deleteMany(keys)).toBe(3);

      const calls = objectCalls(sqlTables(bounded), Date.now(), () => {});
      const json = JSON.stringify(value);
      calls.write("c", {
        items: [
          ["quotes", { json }],
          [key, { json: "1" }],
          ["small", { json: "2" }],
        ],
      });
      const found: unknown[] = [];
      while (found.length < 3) found.push(...calls.read("c", keys.slice(found.length), true));
      expect([found[0] === json, ...found.slice(1)]).toEqual([true, "1", "2"]);
      expect(calls.remove("c", keys)).toBe(3);
    });
  });

  it("reports rows with times or a version of another kind, or treats them as missing", async () => {
    await inside("damaged", async (storage) => {
      const strict = durableObjectStorageStore(storage);
      const lenient = durableObjectStorageStore(storage, { onCorrupt: "miss" });
      for (const damage of [
        "expires_at = 'soon'",
        "expires_at = ''",
        "expires_at = x'00'",
        "created_at = 'then'",
        "created_at = x''",
        "version = x'01'",
      ]) {
        await strict.put("k", 1);
        const spoil = () => storage.sql.exec(`UPDATE edge_key_value SET ${damage}`);
        spoil();
        const codes = [];
        for (const call of [
          () => strict.ttlMany(["k", "l"]),
          () => strict.getWithVersion("k"),
          () => strict.increment("k"),
          () => strict.putIfAbsent("k", 2),
        ]) {
          codes.push(await call().then(JSON.stringify, (error) => error.code));
        }
        expect([damage, ...codes]).toEqual([damage, "corrupted", "corrupted", "corrupted", "corrupted"]);
        // A value alone needs no version.
        const plain = [() => strict.get("k"), () => strict.getMany(["k", "l"])];
        const values = await Promise.all(plain.map((call) => call().catch((error) => error.code)));
        const expected = damage.startsWith("version") ? [1, [1, null]] : ["corrupted", "corrupted"];
        expect([damage, ...values]).toEqual([damage, ...expected]);
        // Nothing can be compared with a version that is a blob.
        if (damage.startsWith("version")) continue;
        expect([damage, await lenient.ttlMany(["k", "l"])]).toEqual([damage, [null, null]]);
        expect([damage, await lenient.putIfAbsent("k", 2)]).toEqual([damage, true]);
        expect([damage, await lenient.get("k")]).toEqual([damage, 2]);
        spoil();
        expect([damage, await lenient.increment("k", 5)]).toEqual([damage, 5]);
      }
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
