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
  return { remote, local, inside };
}
