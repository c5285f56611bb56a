import { splitAddress } from "../src/core/address.ts";
import type { Batch } from "../src/migration/transfer.ts";

/** What a copy has seen of its source. */
export interface Seen {
  note(batch: Batch): void;
  has(collection: string): boolean;
  /** The collections that look like the `keyPrefix` of a store: each of their keys is a collection and a key. */
  prefixes(): readonly string[];
}

/** Notes the collections that have something in them. */
export function seenCollections(): Seen {
  const collections = new Map<string, boolean>();
  return {
    note({ collection, items, expired, failures }) {
      const before = collections.get(collection);
      const joined = items.every(([key]) => splitAddress(key) !== undefined);
      if (items.length > 0) collections.set(collection, before !== false && joined);
      else if (expired > 0 && before === undefined) collections.set(collection, false);
      for (const { collection } of failures) {
        if (collection !== undefined && !collections.has(collection)) collections.set(collection, false);
      }
    },
    has: (collection) => collections.has(collection),
    prefixes: () => [...collections].flatMap(([collection, joined]) => (joined ? [collection] : [])),
  };
}
