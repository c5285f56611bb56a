import { count } from "../core/checks.ts";
import type { OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Store } from "../core/driver.ts";
import { KeyValueError } from "../core/errors.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import type { ObjectFailure, Outcome } from "./objects/operations.ts";
import { rowDriver, type Send } from "./objects/row-driver.ts";

export type { OnCorrupt };

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

/** A way to an object, as a binding gives it; of a class that is not `KeyValueObject`, calls fail. */
export interface DurableObjectsStub {
  readonly id: DurableObjectsId;
  keyValue?(shards: number, claimed: boolean, operation: string, args: never): PromiseLike<unknown>;
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

/** What objects never leave. Source: developers.cloudflare.com/durable-objects/reference/data-location. */
export type DurableObjectsJurisdiction = "eu" | "fedramp" | "fedramp-high" | "us";

/** Options of {@link durableObjectStore}. */
export interface DurableObjectStoreOptions extends StoreOptions {
  /**
   * Over how many objects to spread the keys. Default: 1. An object takes about 1,000 calls a second. The number is
   * recorded by the first call and stays: a store made with another one is refused with code `misconfigured`, until
   * `destroy()` has emptied it.
   */
  readonly shards?: number | undefined;
  /** Where objects are created that do not exist yet. Default: near to who calls first. */
  readonly locationHint?: DurableObjectsLocation | undefined;
  /** Keeps the objects in a jurisdiction. The same namespace has other objects, so other entries, in each. */
  readonly jurisdiction?: DurableObjectsJurisdiction | undefined;
  /** What to make of a stored value that is not JSON. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * A store in Durable Objects: `durableObjectStore(env.STORE)`, where `STORE` is a binding of the class `KeyValueObject`.
 *
 * | | |
 * |---|---|
 * | Consistency | strong |
 * | Limits | collection, key and value (as JSON) together 1,999,800 bytes; 10 GB and about 1,000 calls a second an object |
 * | Calls per operation | one RPC to each object that is concerned, bulk included; more only where a call would pass 24 MiB; a listing page, `destroy`, `destroyCollection` and `cull` ask every object |
 * | Stores | a row in the table `edge_key_value` of the objects named `edge-key-value-0`, `-1`, …; the value as JSON text |
 *
 * A bulk write is one transaction in each object, not across objects; when it fails in some, the error names their
 * keys. The first call ever to an object costs two more, to learn the number of shards. An alarm in each object removes
 * what has expired.
 *
 * A failure that is worth a retry has code `unavailable`, one that is not since the object has too much to do has code
 * `overloaded`. A write that fails so may have happened. A `swap` is sent once more in the first case: the object knows
 * it by its id, so that it happens once.
 *
 * Calls are RPC, so the Worker needs a compatibility date of 2024-04-03 or later.
 *
 * Limits: developers.cloudflare.com/durable-objects/platform/limits and /workers/runtime-apis/rpc.
 *
 * @throws TypeError when `shards` is not a whole number of at least 1, or `namespace` is not a binding.
 */
export function durableObjectStore(
  namespace: DurableObjects,
  options: DurableObjectStoreOptions = {},
): Store<Capability> {
  const { shards = 1, locationHint, jurisdiction, onCorrupt } = options;
  count(shards, "shards");
  if (typeof namespace?.idFromName !== "function")
    throw new TypeError("namespace must be a binding of Durable Objects");
  return createStore(
    rowDriver("durable-object", shards, sender(namespace, shards, locationHint, jurisdiction), onCorrupt),
    options,
  );
}

function sender(
  namespace: DurableObjects,
  shards: number,
  locationHint: DurableObjectsLocation | undefined,
  jurisdiction: DurableObjectsJurisdiction | undefined,
): Send {
  /** A stub for every call: one that has thrown is broken, and one of another request cannot be used. */
  function call(shard: number, claimed: boolean, operation: string, args: unknown): PromiseLike<Outcome> {
    const objects = jurisdiction ? namespace.jurisdiction(jurisdiction) : namespace;
    const stub = objects.get(objects.idFromName(`edge-key-value-${shard}`), locationHint && { locationHint });
    return (stub as Required<DurableObjectsStub>).keyValue(
      shards,
      claimed,
      operation,
      args as never,
    ) as PromiseLike<Outcome>;
  }

  async function send(shard: number, operation: string, args: unknown): Promise<never> {
    let outcome = await call(shard, shard === 0, operation, args);
    if (!outcome.ok && outcome.code === "unclaimed") {
      // The first object is claimed without asking, so all agree on the number it knows.
      await send(0, "claim", []);
      outcome = await call(shard, true, operation, args);
    }
    if (outcome.ok) return outcome.result as never;
    const { code, message, cause } = outcome as ObjectFailure;
    throw new KeyValueError(code, message, { cause });
  }

  return async (shard, operation, args) => {
    try {
      return await send(shard, operation, args);
    } catch (error) {
      const { retryable, overloaded } = Object(error) as { retryable?: unknown; overloaded?: unknown };
      if (operation !== "swap" || !retryable || overloaded) throw error;
      return send(shard, operation, args);
    }
  };
}
