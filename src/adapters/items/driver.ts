import { oneOf } from "../../core/checks.ts";
import { checkedOnCorrupt } from "../../core/corrupt.ts";
import type { BaseDriver } from "../../core/driver.ts";
import type { Entry } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { together } from "../../core/together.ts";
import { each } from "./each.ts";
import { liveEntry, type Opened, open, seal } from "./envelope.ts";
import { storageFailure } from "./failure.ts";
import { itemListings } from "./listings.ts";
import { isHashed, nameOf } from "./names.ts";
import type { Item, ItemStorage, ItemStoreOptions } from "./storage.ts";

/**
 * A driver over storage that keeps texts under names and promises nothing else. It keeps times and types in an envelope,
 * and has no `swap`, because a read and a write of such storage are two steps.
 */
export function itemDriver(
  storage: ItemStorage,
  { consistency = "eventual", listings = false, ...options }: ItemStoreOptions,
): BaseDriver {
  oneOf(consistency, "consistency", ["strong", "eventual"]);
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  const store = storage.name;

  async function find(collection: string, keys: readonly string[]): Promise<Opened[]> {
    const names = await Promise.all(keys.map((key) => nameOf(collection, key)));
    try {
      return (await storage.get(names)).map(open);
    } catch (cause) {
      throw storageFailure(cause, store, collection, keys);
    }
  }

  async function itemOf(collection: string, key: string, entry: Entry): Promise<Item> {
    const name = await nameOf(collection, key);
    return { name, text: seal(entry, isHashed(name) ? [collection, key] : undefined), expiresAt: entry.expiresAt };
  }

  async function setAll(collection: string, keys: readonly string[], items: readonly Item[]): Promise<void> {
    const failed = await storage.set(items).catch((cause: unknown) => ({ items, cause }));
    if (failed.items.length === 0) return;
    const lostItems = new Set(failed.items);
    const lost = keys.filter((_, i) => lostItems.has(items[i] as Item));
    throw storageFailure(failed.cause, store, collection, lost);
  }

  /** Removes entries. After a failure it still tries the others, and names the keys that failed. */
  async function removeAll(collection: string, keys: readonly string[]): Promise<void> {
    const failed: string[] = [];
    let cause: unknown;
    await each(keys, async (key) => {
      try {
        await storage.remove(await nameOf(collection, key));
      } catch (error) {
        failed.push(key);
        cause = error;
      }
    });
    if (failed.length > 0) throw storageFailure(cause, store, collection, failed);
  }

  return {
    name: store,
    consistency,

    async read(collection, keys) {
      const found = await find(collection, keys);
      return found.map((opened, i) => {
        if (opened !== "corrupted" || onCorrupt === "miss") return liveEntry(opened);
        const details = { store, collection, key: keys[i] };
        throw new KeyValueError("corrupted", "the stored value is not an entry of this store", details);
      });
    },

    async write(collection, items) {
      const now = Date.now();
      const isOver = ({ expiresAt }: Entry) => expiresAt !== undefined && expiresAt <= now;
      const keys = items.filter(([, entry]) => !isOver(entry)).map(([key]) => key);
      const sealed = items.filter(([, entry]) => !isOver(entry)).map(([key, entry]) => itemOf(collection, key, entry));
      const over = items.filter(([, entry]) => isOver(entry)).map(([key]) => key);
      const kept = await Promise.all(sealed);
      await together([
        [over, () => removeAll(collection, over)],
        [keys, () => setAll(collection, keys, kept)],
      ]);
    },

    async remove(collection, keys) {
      const found = await find(collection, keys);
      await removeAll(collection, keys);
      // A damaged value counts as removed: nothing says that it had expired.
      return found.filter((opened) => opened === "corrupted" || liveEntry(opened)).length;
    },

    ...(listings && itemListings(storage)),
  };
}
