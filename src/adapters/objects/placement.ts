import { joinAddress } from "../../core/address.ts";
import { shardOf } from "./shard.ts";

/** Which objects keep which entries. Objects are named by strings. */
export interface Placement {
  /** The number that every object records, so that a store with another one is refused. */
  readonly shards: number;
  /** The object that has the last word on the number of shards; missing if each object stands for itself. */
  readonly first?: string | undefined;
  /** The object that keeps an entry. */
  objectOf(collection: string, key: string): string;
  /** The objects that keep a collection; missing if they cannot be listed. */
  objectsOf?(collection: string): readonly string[];
  /** All objects; missing if they cannot be listed. */
  readonly all?: readonly string[] | undefined;
}

/** Names the object that keeps an entry, such as a tenant or a room. */
export type PlaceEntry = (collection: string, key: string) => string;

/** Spreads entries over a fixed number of objects, by a hash of collection and key. */
export function hashPlacement(name: string | undefined, shards: number): Placement {
  const all = Array.from({ length: shards }, (_, shard) => {
    const object = `edge-key-value-${shard}`;
    return name === undefined ? object : joinAddress(object, name);
  });
  return {
    shards,
    first: all[0],
    objectOf: (collection, key) => all[shards === 1 ? 0 : shardOf(collection, key, shards)] as string,
    objectsOf: () => all,
    all,
  };
}

/** Keeps each collection in an object of its own. */
export function collectionPlacement(name: string | undefined): Placement {
  const objectOf = (collection: string): string => placedObject(name, collection);
  return { shards: 1, objectOf, objectsOf: (collection) => [objectOf(collection)] };
}

/** Keeps each entry in the object that a function names. */
export function customPlacement(name: string | undefined, place: PlaceEntry): Placement {
  return {
    shards: 1,
    objectOf(collection, key) {
      const object: unknown = place(collection, key);
      if (typeof object !== "string") throw new TypeError("placement must return a string, the name of an object");
      return placedObject(name, object);
    },
  };
}

/** No two stores share an object: neither two names, nor a store that places its entries and one that hashes them. */
function placedObject(name: string | undefined, object: string): string {
  const store = "edge-key-value-at";
  return joinAddress(name === undefined ? store : joinAddress(store, name), object);
}
