import { joinAddress, splitAddress } from "../core/address.ts";
import { refuse, string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Capability, Driver, Store } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { pageOf } from "../core/order.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { storedJson } from "../core/stored-json.ts";
import { entryInEnvelope } from "./browser/envelope.ts";
import { browserFailure } from "./browser/failure.ts";

export type { OnCorrupt };

/** What this adapter needs of a storage; `localStorage` and `sessionStorage` fit. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
  removeItem(name: string): void;
}

/** Options of {@link webStorageStore}. */
export interface WebStorageStoreOptions extends StoreOptions {
  /** What all names of the store begin with. Default: `"edge-key-value:"`. */
  readonly keyPrefix?: string | undefined;
  /** What to do with a stored value that this store did not write. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/** What a store in Web Storage can do. */
export type WebStorageCapability = Exclude<Capability, "swap">;

/**
 * Makes a store in `localStorage` or `sessionStorage`, for a few small entries of a page.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: another tab may see a write later |
 * | Limits | those of the browser, some 5 million characters for all of a site |
 * | Calls per operation | one for each key; a listing looks at all names |
 * | Stores | JSON text with the value and its times, under `edge-key-value:collection::key` |
 *
 * It has no atomic operations, since two tabs may write at the same time; use `indexedDBStore` for these, for more data and in
 * workers. `destroy()` removes what begins with the prefix.
 *
 * Where the browser blocks storage, `localStorage` itself throws before this function is called.
 *
 * @throws TypeError when the first argument is no storage, or an option is of the wrong type.
 *
 * @example
 * ```ts
 * import { webStorageStore } from "edge-key-value/adapters/web-storage";
 *
 * export function settings() {
 *   return webStorageStore(localStorage, { defaultCollection: "settings" });
 * }
 * ```
 */
export function webStorageStore(
  storage: WebStorage,
  options: WebStorageStoreOptions = {},
): Store<WebStorageCapability> {
  const { keyPrefix = "edge-key-value:" } = options;
  if (typeof storage?.setItem !== "function") refuse("storage", "localStorage or sessionStorage");
  string(keyPrefix, "keyPrefix");
  const onCorrupt = checkedOnCorrupt(options.onCorrupt);
  return createStore(webStorageDriver(storage, keyPrefix, onCorrupt), options);
}

function webStorageDriver(storage: WebStorage, prefix: string, onCorrupt: OnCorrupt): Driver<WebStorageCapability> {
  const store = "web-storage";
  const nameOf = (collection: string, key: string) => prefix + joinAddress(collection, key);

  function inStorage<R>(work: () => R, collection?: string, key?: string): R {
    try {
      return work();
    } catch (cause) {
      throw browserFailure(cause, { store, collection, key });
    }
  }

  /** Returns what is under a name: an entry, or why there is none. */
  function open(name: string): Entry | "missing" | "corrupted" {
    const text = storage.getItem(name);
    if (text === null) return "missing";
    const stored = Object(storedJson(text)) as Partial<Entry>;
    return entryInEnvelope(stored.value, stored) ?? "corrupted";
  }

  const isLive = (name: string) => {
    const found = open(name);
    return typeof found === "object" && live(found) !== undefined;
  };

  /** Returns the names of this store, with their addresses. */
  function all(): { readonly name: string; readonly collection: string; readonly key: string }[] {
    const names = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "");
    return names.flatMap((name) => {
      const [collection, key] = (name.startsWith(prefix) && splitAddress(name.slice(prefix.length))) || [];
      return collection === undefined || key === undefined ? [] : [{ name, collection, key }];
    });
  }

  /** Removes names and returns how many held a live entry. */
  function removeAll(names: readonly string[]): number {
    const held = names.filter(isLive).length;
    for (const name of names) storage.removeItem(name);
    return held;
  }

  return {
    name: store,
    consistency: "eventual",

    read: (collection, keys) =>
      keys.map((key) => {
        const found = inStorage(() => open(nameOf(collection, key)), collection, key);
        if (typeof found === "object") return live(found);
        if (found === "missing" || onCorrupt === "miss") return undefined;
        const details = { store, collection, key };
        throw new KeyValueError("corrupted", "the stored value is not an entry of this store", details);
      }),

    write(collection, items) {
      const failed: string[] = [];
      let cause: unknown;
      for (const [key, entry] of items) {
        const name = nameOf(collection, key);
        const { value, createdAt, expiresAt } = entry;
        try {
          if (live(entry)) storage.setItem(name, JSON.stringify({ value, createdAt, expiresAt }));
          else storage.removeItem(name);
        } catch (error) {
          failed.push(key);
          cause = error;
        }
      }
      if (failed.length === 0) return;
      throw browserFailure(cause, { store, collection, failed, key: items.length === 1 ? failed[0] : undefined });
    },

    remove: (collection, keys) =>
      inStorage(() => {
        const names = keys.map((key) => nameOf(collection, key));
        // A damaged value counts as removed: nothing says that it had expired.
        const damaged = names.filter((name) => open(name) === "corrupted").length;
        return damaged + removeAll(names);
      }, collection),

    listKeys: (collection, page) =>
      inStorage(() => {
        const names = all().filter((one) => one.collection === collection && isLive(one.name));
        return pageOf(names.map(({ key }) => key).values(), page);
      }, collection),

    listCollections: (page) =>
      inStorage(() => {
        const names = all().filter(({ name }) => isLive(name));
        return pageOf(new Set(names.map(({ collection }) => collection)), page);
      }),

    destroyCollection: (collection) =>
      inStorage(() => {
        const names = all().filter((one) => one.collection === collection);
        return removeAll(names.map(({ name }) => name)) > 0;
      }, collection),

    destroy: () => inStorage(() => removeAll(all().map(({ name }) => name)) > 0),

    cull: () =>
      inStorage(() => {
        const expired = all().filter(({ name }) => typeof open(name) === "object" && !isLive(name));
        removeAll(expired.map(({ name }) => name));
        return expired.length;
      }),
  };
}
