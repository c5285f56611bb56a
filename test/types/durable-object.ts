/** That the platform's own types fit the Durable Object adapters. Checked by the compiler, never run. */
import type {
  DurableObjectNamespace,
  DurableObjectState,
  DurableObjectStorage,
  KVNamespace,
} from "@cloudflare/workers-types";
import { type DurableObjects, durableObjectStore } from "../../src/adapters/durable-object.ts";
import { durableObjectStorageStore, type SqlObjectStorage } from "../../src/adapters/durable-object-storage.ts";
import type { KeyValueObjectState } from "../../src/adapters/key-value-object.ts";
import type { Capability, Store } from "../../src/index.ts";

export function bindings(
  namespace: DurableObjectNamespace,
  storage: DurableObjectStorage,
  state: DurableObjectState,
  kv: KVNamespace,
) {
  const objects: DurableObjects = namespace;
  const sql: SqlObjectStorage = storage;
  const inside: KeyValueObjectState = state;

  // Both have all capabilities.
  const remote: Store<Capability> = durableObjectStore(objects);
  const local: Store<Capability> = durableObjectStorageStore(sql);

  durableObjectStore(namespace, { shards: 4, locationHint: "weur", jurisdiction: "eu", onCorrupt: "miss" });
  const named: Store<Capability> = durableObjectStore(namespace, { name: "v2", placement: "hash", shards: 16 });
  const collections = durableObjectStore(namespace, { placement: "collection" });
  const own: Store<"swap" | "listKeys" | "destroyCollection"> = collections;
  // @ts-expect-error: the objects cannot be listed
  void collections.destroy;
  const tenants: Store<"swap"> = durableObjectStore(namespace, { placement: (_, key) => key.split(":")[0] ?? "" });
  // @ts-expect-error: the objects of a collection cannot be listed
  void tenants.listKeys;
  // @ts-expect-error: not a placement
  durableObjectStore(namespace, { placement: "tenant" });
  // @ts-expect-error: not a place
  durableObjectStore(namespace, { locationHint: "europe" });
  // @ts-expect-error: not a jurisdiction
  durableObjectStore(namespace, { jurisdiction: "de" });
  // @ts-expect-error: not a number
  durableObjectStore(namespace, { shards: "4" });
  // @ts-expect-error: not a namespace of objects
  durableObjectStore(kv);
  // @ts-expect-error: the storage, not the state
  durableObjectStorageStore(state);
  // @ts-expect-error: one object has no shards
  durableObjectStorageStore(storage, { shards: 4 });
  return { remote, local, inside, named, own, tenants };
}
