import { bound, count, refuse, string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { objectCaller, type Transport } from "./objects/caller.ts";
import {
  collectionPlacement,
  customPlacement,
  hashPlacement,
  type PlaceEntry,
  type Placement,
} from "./objects/placement.ts";
import { remoteDriver } from "./objects/remote-driver.ts";

export type { OnCorrupt, PlaceEntry };

/** What this adapter needs of a binding; `DurableObjectNamespace` of `@cloudflare/workers-types` fits. */
export interface DurableObjects {
  idFromName(name: string): DurableObjectsId;
  get(id: DurableObjectsId, options?: { locationHint?: DurableObjectsLocation }): DurableObjectsStub;
  jurisdiction(jurisdiction: DurableObjectsJurisdiction): DurableObjects;
}

/** The id of an object, as a binding makes it. */
export interface DurableObjectsId {
  toString(): string;
  equals(other: DurableObjectsId): boolean;
}

/** A stub of an object, as a binding returns it. If its class is not `KeyValueObject`, calls fail. */
export interface DurableObjectsStub {
  readonly id: DurableObjectsId;
  keyValue?(shards: number, claim: boolean | number, operation: string, args: never): PromiseLike<unknown>;
}

/** Where objects are created. Source: developers.cloudflare.com/durable-objects/reference/data-location. */
export type DurableObjectsLocation =
  | "wnam"
  | "enam"
  | "sam"
  | "weur"
  | "eeur"
  | "apac"
  | "apac-ne"
  | "apac-se"
  | "oc"
  | "afr"
  | "me";

/** A jurisdiction that objects never leave. Source: developers.cloudflare.com/durable-objects/reference/data-location. */
export type DurableObjectsJurisdiction = "eu" | "fedramp" | "fedramp-high" | "us";

/** Options of {@link durableObjectStore}. */
export interface DurableObjectStoreOptions extends StoreOptions {
  /** Separates this store from other stores in the same namespace. Default: the store without a name. */
  readonly name?: string | undefined;
  /**
   * Which object keeps an entry. Default: `"hash"`, which spreads entries over `shards` objects. `"collection"` keeps each
   * collection in an object of its own, and a function names the object itself, such as a tenant or a room. The
   * placement must never change: an entry is only found in the object where it was put.
   */
  readonly placement?: "hash" | "collection" | PlaceEntry | undefined;
  /**
   * The number of objects over which `"hash"` spreads entries. Default: 1. An object takes about 1,000 calls a second. The
   * first call records the number: a store with another number is refused with code `misconfigured`, until `destroy()`
   * has emptied the store.
   */
  readonly shards?: number | undefined;
  /** Where objects are created that do not exist yet. Default: near the first caller. */
  readonly locationHint?: DurableObjectsLocation | undefined;
  /** Keeps the objects in a jurisdiction. Each jurisdiction has its own objects, and so its own entries. */
  readonly jurisdiction?: DurableObjectsJurisdiction | undefined;
  /** What to do with a stored value that is not JSON. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/** Options of a store that keeps each collection in an object of its own. */
export interface CollectionPlacementOptions extends DurableObjectStoreOptions {
  readonly placement: "collection";
  readonly shards?: undefined;
}

/** Options of a store that names the object of each entry. */
export interface CustomPlacementOptions extends DurableObjectStoreOptions {
  readonly placement: PlaceEntry;
  readonly shards?: undefined;
}

/**
 * Makes a store in Durable Objects: `durableObjectStore(env.STORE)`, where `STORE` is a binding of the class `KeyValueObject`.
 *
 * | | |
 * |---|---|
 * | Consistency | strong |
 * | Limits | collection, key and value (as JSON) together 1,999,800 bytes; 10 GB and about 1,000 calls a second an object |
 * | Calls per operation | one RPC to each object that keeps some of the keys, also for bulks and atomic operations (`update`: two); more only if a call would pass 24 MiB; a listing page, `destroyCollection` and `cull` call every object, `destroy` calls the first one twice |
 * | Stores | a row in the table `edge_key_value` of the objects named `edge-key-value-0`, `-1`, …; the value as JSON text |
 *
 * A bulk write is one transaction in each object, not across objects. If it fails in some objects, the error names their
 * keys. The first call ever to an object costs two more, to learn the number of shards. An alarm in each object removes
 * expired entries.
 *
 * Objects decide by their own clock when an entry expires, so a caller whose clock is wrong sees the same as others.
 *
 * A store that cannot list its objects lacks the methods that need all of them: with `placement: "collection"` these are
 * `listCollections`, `destroy` and `cull`, with a function also `listKeys` and `destroyCollection`.
 *
 * A failure that is worth a retry has code `unavailable`. An object with too much to do fails with code `overloaded`, and a
 * retry makes it worse. After either code, a write may have happened. When the reply to a read is lost, the store reads again.
 * When the reply to an atomic operation is lost, the store asks the object whether it happened, and sends it again only if the
 * object is sure that it did not. A `put` or `delete` is never sent again.
 *
 * Calls are RPC, so the Worker needs a compatibility date of 2024-04-03 or later.
 *
 * Limits: developers.cloudflare.com/durable-objects/platform/limits and /workers/runtime-apis/rpc.
 *
 * @throws TypeError when `shards` is not a whole number of at least 1, or is given with another placement than `"hash"`;
 * when `placement` or `name` is of another type; or when `namespace` is not a binding.
 *
 * @example
 * ```ts
 * import { durableObjectStore } from "edge-key-value/adapters/durable-object";
 *
 * export { KeyValueObject } from "edge-key-value/adapters/key-value-object";
 *
 * export default {
 *   async fetch(request: Request, env: { STORE: DurableObjectNamespace }): Promise<Response> {
 *     const store = durableObjectStore(env.STORE, { shards: 4 });
 *     const visits = await store.increment(new URL(request.url).pathname, 1, { collection: "visits" });
 *     return new Response(`Visit number ${visits}`);
 *   },
 * };
 * ```
 */
export function durableObjectStore(namespace: DurableObjects, options: CustomPlacementOptions): Store<"swap">;
export function durableObjectStore(
  namespace: DurableObjects,
  options: CollectionPlacementOptions,
): Store<"swap" | "listKeys" | "destroyCollection">;
export function durableObjectStore(
  namespace: DurableObjects,
  options?: DurableObjectStoreOptions & { readonly placement?: "hash" | undefined },
): Store<Capability>;
export function durableObjectStore(namespace: DurableObjects, options?: DurableObjectStoreOptions): Store<"swap">;
export function durableObjectStore(namespace: DurableObjects, options: DurableObjectStoreOptions = {}): Store<"swap"> {
  bound(namespace, "namespace", "a Durable Object");
  if (typeof namespace.idFromName !== "function") refuse("namespace", "a binding of Durable Objects", namespace);
  const placement = placementOf(options);
  const caller = objectCaller(placement, transport(namespace, options));
  return createStore(remoteDriver("durable-object", placement, caller, checkedOnCorrupt(options.onCorrupt)), options);
}

function placementOf({ name, placement = "hash", shards }: DurableObjectStoreOptions): Placement {
  if (name !== undefined) string(name, "name");
  if (placement === "hash") return hashPlacement(name, count(shards, "shards") ?? 1);
  if (shards !== undefined) throw new TypeError('shards needs placement: "hash", which is the default');
  if (placement === "collection") return collectionPlacement(name);
  if (typeof placement !== "function") refuse("placement", '"hash", "collection" or a function', placement);
  return customPlacement(name, placement);
}

/** How many ids of objects a store remembers: to make one is a hash of its name. */
const MOST_IDS = 100;

function transport(
  namespace: DurableObjects,
  { locationHint, jurisdiction }: Pick<DurableObjectStoreOptions, "locationHint" | "jurisdiction">,
): Transport {
  const ids = new Map<string, DurableObjectsId>();
  let objects: DurableObjects | undefined;
  const objectsOf = () => (objects ??= jurisdiction ? namespace.jurisdiction(jurisdiction) : namespace);

  function idOf(object: string): DurableObjectsId {
    const known = ids.get(object);
    if (known) return known;
    const id = objectsOf().idFromName(object);
    if (ids.size < MOST_IDS) ids.set(object, id);
    return id;
  }

  /** Takes a stub for every call: one that has thrown is broken, and one of another request cannot be used. */
  return (object, shards, claim, operation, args) => {
    const stub = objectsOf().get(idOf(object), locationHint && { locationHint });
    return (stub as Required<DurableObjectsStub>).keyValue(shards, claim, operation, args as never);
  };
}
