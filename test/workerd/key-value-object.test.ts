import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { KeyValueObject } from "../../src/adapters/key-value-object.ts";
import { toDriver } from "../../src/index.ts";
import { bindings, later, objects } from "./objects.ts";
import type { ReminderObject } from "./worker.ts";

function storeOver(scope: string, namespace?: DurableObjectNamespace<ReminderObject>) {
  const scoped = objects(
    scope,
    namespace && { namespace: namespace as unknown as DurableObjectNamespace<KeyValueObject> },
  );
  const stub = scoped.stub("edge-key-value-0");
  return {
    store: durableObjectStore(scoped),
    stub: stub as DurableObjectStub<ReminderObject>,
    alarm: () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm()),
    setAlarm: (time: number) => runInDurableObject(stub, (_, { storage }) => storage.setAlarm(time)),
    rows: () =>
      runInDurableObject(stub, (_, { storage }) => storage.sql.exec("SELECT * FROM edge_key_value").toArray().length),
  };
}

function expectAround(actual: number | null, time: number): void {
  expect(actual).toBeGreaterThan(time - 5_000);
  expect(actual).toBeLessThan(time + 5_000);
}

describe("the alarm of KeyValueObject", () => {
  it("is set for the first deadline, and only when something can expire", async () => {
    const { store, alarm } = storeOver("set");
    await store.put("a", 1);
    expect(await alarm()).toBe(null);
    await store.put("b", 1, { ttl: 3600 });
    expectAround(await alarm(), Date.now() + 3600_000);
    await store.put("c", 1, { ttl: 600 });
    expectAround(await alarm(), Date.now() + 600_000);
    await store.put("d", 1, { ttl: 7200 });
    expectAround(await alarm(), Date.now() + 600_000);
    await store.putIfAbsent("e", 1, { ttl: 60 });
    expectAround(await alarm(), Date.now() + 60_000);
  });

  it("removes what has expired and comes again while there is more to expire", async () => {
    const { store, stub, alarm, rows } = storeOver("cull");
    await store.putMany(
      [
        ["a", 1],
        ["b", 2],
      ],
      { ttl: 10 },
    );
    await store.put("c", 3, { ttl: 1000 });
    await store.put("d", 4);
    await later(11, async () => {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await rows()).toBe(2);
      expect(await store.getMany(["a", "b", "c", "d"])).toEqual([null, null, 3, 4]);
    });
    expectAround(await alarm(), Date.now() + 1000_000);
    await later(1001, async () => {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await rows()).toBe(1);
    });
    expect(await alarm()).toBe(null);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
  });

  it("removes a bounded number at a time, and goes on at once", async () => {
    const { store, stub, alarm, rows } = storeOver("batches");
    await store.putMany(
      Array.from({ length: 2500 }, (_, i) => [`k${i}`, i]),
      { ttl: 5 },
    );
    await later(6, async () => {
      for (const left of [1500, 500, 0]) {
        expect(await runDurableObjectAlarm(stub)).toBe(true);
        expect(await rows()).toBe(left);
        if (left > 0) expect(await alarm()).toBeLessThan(Date.now() + 1000);
      }
      expect(await alarm()).toBe(null);
    });
  });

  it("comes at most once a minute for entries that expire one after the other", async () => {
    const { store, stub, alarm } = storeOver("pause");
    await store.put("a", 1, { ttl: 1 });
    await later(2, async () => {
      await store.put("b", 1, { ttl: 1 });
      await runDurableObjectAlarm(stub);
      expectAround(await alarm(), Date.now() + 60_000);
      await store.put("c", 1, { ttl: 1 });
      expectAround(await alarm(), Date.now() + 60_000);
    });
  });

  it("comes by itself", async () => {
    const { store, rows } = storeOver("real");
    await store.put("a", 1, { ttl: 0.2 });
    expect(await rows()).toBe(1);
    for (let i = 0; i < 100 && (await rows()) > 0; i++) await scheduler.wait(50);
    expect(await rows()).toBe(0);
  });

  it("forgets what a taken entry leaves behind", async () => {
    const { store, stub, alarm, rows } = storeOver("marks");
    await store.put("token", 1);
    await store.take("token");
    expect(await store.cull()).toBe(0);
    expect(await rows()).toBe(1);
    expect(await Array.fromAsync(store.collections())).toEqual([]);
    await later(61, async () => {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await rows()).toBe(0);
    });
    expect(await alarm()).toBe(null);
  });

  it("is gone after destroy, and set for a deadline that is farther than the platform takes", async () => {
    const { store, alarm } = storeOver("far");
    await store.put("a", 1, { ttl: 500 * 365 * 86_400 });
    expectAround(await alarm(), Date.now() + 365 * 86_400_000);
    await store.destroy();
    expect(await alarm()).toBe(null);
  });

  it("is set again after destroy and deleteAll, also for a deadline behind the one that it was set for", async () => {
    const { store, stub, alarm } = storeOver("again");
    const empty = () =>
      runInDurableObject(stub, async (_, { storage }) => {
        await storage.deleteAlarm();
        await storage.deleteAll();
      });
    for (const clear of [store.destroy, empty]) {
      await store.put("a", 1, { ttl: 600 });
      expectAround(await alarm(), Date.now() + 600_000);
      await clear();
      await store.put("b", 1, { ttl: 1200 });
      expectAround(await alarm(), Date.now() + 1200_000);
    }
  });
});

describe("a subclass of KeyValueObject with an alarm of its own", () => {
  it("is reminded in time, whatever expires before and after", async () => {
    const { store, stub, alarm, rows } = storeOver("own", bindings.REMINDERS);
    const reminded = () => runInDurableObject(stub, (object) => object.reminded);
    const time = Date.now() + 600_000;
    await store.put("early", 1, { ttl: 60 });
    await stub.remindAt(time);
    expect(await alarm()).toBe(time);
    await store.put("earlier", 1, { ttl: 30 });
    await store.put("late", 1, { ttl: 1200 });
    expect(await alarm()).toBe(time);
    await later(601, async () => {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await reminded()).toBe(1);
      expect(await rows()).toBe(1);
    });
    expectAround(await alarm(), Date.now() + 1200_000);
    await later(1300, async () => {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await reminded()).toBe(1);
      expect(await rows()).toBe(0);
      expect(await alarm()).toBe(null);
    });
  });

  it("keeps its time when the alarm for an entry comes first", async () => {
    const { store, stub, alarm, setAlarm, rows } = storeOver("first", bindings.REMINDERS);
    const time = Date.now() + 600_000;
    await stub.remindAt(time);
    await setAlarm(Date.now() + 30_000);
    await store.put("a", 1, { ttl: 20 });
    await later(31, async () => {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await rows()).toBe(0);
    });
    expect(await alarm()).toBe(time);
    expect(await store.get("a")).toBe(null);
  });

  it("loses nothing of its own when the store is destroyed", async () => {
    const { store, stub, alarm } = storeOver("destroyed", bindings.REMINDERS);
    const time = Date.now() + 600_000;
    await store.put("a", 1, { ttl: 60 });
    await stub.remindAt(time);
    await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("CREATE TABLE mine (id); INSERT INTO mine VALUES (1)"),
    );
    expect(await store.destroy()).toBe(true);
    expect(await alarm()).toBe(time);
    const mine = await runInDurableObject(stub, async (_, { storage }) => [
      await storage.get("remind"),
      storage.sql.exec("SELECT * FROM mine").toArray().length,
    ]);
    expect(mine).toEqual([time, 1]);
  });
});

describe("KeyValueObject", () => {
  it("has one method that can be called over RPC, beside the alarm", () => {
    expect(Object.getOwnPropertyNames(KeyValueObject.prototype).sort()).toEqual(["alarm", "constructor", "keyValue"]);
  });

  it("takes one statement for a read, a write and a bulk, and two for an atomic operation", async () => {
    const { store, stub } = storeOver("statements");
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    await store.increment("n");
    await runInDurableObject(stub, async (object: KeyValueObject, { storage: { sql } }) => {
      let statements = 0;
      const exec = sql.exec.bind(sql);
      sql.exec = ((...args: Parameters<typeof exec>) => {
        statements++;
        return exec(...args);
      }) as typeof exec;
      const increment = { name: "increment", args: { by: 1, life: null }, onCorrupt: "throw" };
      const items = keys.map((key) => [key, { json: "1" }]);
      for (const [expected, operation, ...args] of [
        [1, "readOne", "c", "k", true],
        [1, "writeOne", "c", "k", "1"],
        [1, "read", "c", keys],
        [1, "write", "c", { items }],
        [1, "remove", "c", keys],
        [2, "apply", "c", "n", increment, { id: crypto.randomUUID() }],
        [2, "apply", "c", "n", increment, { id: crypto.randomUUID() }],
      ] as const) {
        statements = 0;
        const reply = await object.keyValue(1, true, operation, args as unknown as unknown[]);
        expect([operation, statements, Object(reply).failure]).toEqual([operation, expected, undefined]);
      }
    });
  });

  it("works on after its owner has called deleteAll, and does not mix up what was before with what is after", async () => {
    const { store, stub } = storeOver("deleteAll");
    const driver = toDriver(store);
    await store.put("a", 1, { ttl: 60 });
    const version = (await driver.read("default_collection", ["a"]))[0]?.version;
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAll());
    expect(await store.get("a")).toBe(null);
    expect(await store.putIfAbsent("a", 2)).toBe(true);
    expect(await driver.swap("default_collection", "a", version, { value: 3 })).toMatchObject({ ok: false });
    expect(await store.get("a")).toBe(2);
  });
});
