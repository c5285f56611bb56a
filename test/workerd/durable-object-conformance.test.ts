import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "#test";
import { durableObjectStore } from "../../src/adapters/durable-object.ts";
import { durableObjectStorageStore } from "../../src/adapters/durable-object-storage.ts";
import { conformance } from "../../src/conformance/index.ts";
import { type Awaitable, type Capability, createStore, type Driver, toDriver } from "../../src/index.ts";
import { bindings, objects } from "./objects.ts";

const runner = { describe, it, expect };

for (const shards of [1, 4]) {
  const namespace = objects(`conformance over ${shards}`);
  conformance(runner, `durableObjectStore, shards: ${shards}`, () => durableObjectStore(namespace, { shards }), {
    ordered: true,
  });
}

conformance(runner, "durableObjectStorageStore in somebody's own object", insideOwnObject, { ordered: true });

/** A store that enters the object for every call, as code in its methods would run there. */
function insideOwnObject() {
  const stub = bindings.OWN.get(bindings.OWN.idFromName("conformance"));
  const inside = <R>(work: (driver: Driver<Capability>) => Awaitable<R>): Promise<R> =>
    runInDurableObject(stub, async (_, { storage }) => work(toDriver(durableObjectStorageStore(storage))));
  return createStore({
    name: "durable-object-storage",
    consistency: "strong",
    limits: toDriver(durableObjectStore(bindings.OBJECTS)).limits,
    read: (...args) => inside(({ read }) => read(...args)),
    write: (...args) => inside(({ write }) => write(...args)),
    remove: (...args) => inside(({ remove }) => remove(...args)),
    listKeys: (...args) => inside(({ listKeys }) => listKeys(...args)),
    listCollections: (...args) => inside(({ listCollections }) => listCollections(...args)),
    destroyCollection: (...args) => inside(({ destroyCollection }) => destroyCollection(...args)),
    destroy: () => inside(({ destroy }) => destroy()),
    cull: () => inside(({ cull }) => cull()),
    swap: (...args) => inside(({ swap }) => swap(...args)),
  });
}
