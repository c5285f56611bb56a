/** What many callers of one key cost on Durable Objects: over RPC, and in the storage of an object. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import {
  countingDrivers,
  operationsAreOneCall,
  throughEncrypt,
  updatesSucceed,
  type WithBackend,
} from "../support/contention.ts";
import { bindings, objects } from "./objects.ts";

let opened = 0;

const overRpc =
  (shards: number): WithBackend =>
  (work) => {
    const namespace = objects(`contention ${opened++}`);
    return work({
      store: () => durableObjectStore(namespace, { shards }),
      calls: () => namespace.calls.splice(0).length,
    });
  };

const inObject: WithBackend = (work) =>
  runInDurableObject(bindings.OWN.get(bindings.OWN.idFromName(`contention ${opened++}`)), (_, { storage }) =>
    work(countingDrivers(() => durableObjectStorageStore(storage))),
  );

for (const shards of [1, 4]) operationsAreOneCall(`Durable Objects, shards: ${shards}`, overRpc(shards));
updatesSucceed("Durable Objects", overRpc(4));
updatesSucceed("Durable Objects through encrypt", throughEncrypt(overRpc(1)));
operationsAreOneCall("the storage of an object", inObject);
updatesSucceed("the storage of an object", inObject);
updatesSucceed("the storage of an object through encrypt", throughEncrypt(inObject));

describe("a thousand first callers of an object", () => {
  it("make one call each, and one of them asks for the number of shards while the others wait", () =>
    overRpc(4)(async ({ store: make, calls }) => {
      const store = make();
      const sums = await Promise.all(Array.from({ length: 1000 }, () => store.increment("n")));
      expect(new Set(sums).size).toBe(1000);
      expect(await calls()).toBeLessThanOrEqual(1002);
    }));
});
