import { unheard } from "../core/promises.ts";
import { requireStore } from "../core/requirements.ts";
import { isOver, ttlOfMs } from "./internal/lifetimes.ts";
import { clear, entriesOf, type ListedStore } from "./internal/listed.ts";
import { close, putEach } from "./internal/writes.ts";

/** Options of {@link toKeyv} and {@link toKeyv5}. */
export interface KeyvOptions {
  /** The collection to keep entries in. Default: `"keyv"`. */
  readonly collection?: string | undefined;
}

/** What Keyv iterates over. */
type KeyvEntries = AsyncGenerator<[key: string, value: unknown], void, undefined>;

type Listener = (error: unknown) => void;

/** The methods that the storage adapters of both versions have. */
interface KeyvBase {
  /** Set by Keyv. */
  namespace?: string | undefined;
  get(key: string): Promise<unknown>;
  getMany(keys: string[]): Promise<unknown[]>;
  has(key: string): Promise<boolean>;
  hasMany(keys: string[]): Promise<boolean[]>;
  delete(key: string): Promise<boolean>;
  clear(): Promise<void>;
  /** Closes what the store itself opened. */
  disconnect(): Promise<void>;
}

/** The storage adapter of Keyv 6. Expiry is a date in milliseconds since 1970. */
export interface KeyvAdapter extends KeyvBase {
  readonly capabilities: { readonly expires: true };
  set(key: string, value: unknown, expires?: number): Promise<boolean>;
  setMany(entries: readonly { key: string; value: unknown; expires?: number | undefined }[]): Promise<boolean[]>;
  deleteMany(keys: string[]): Promise<boolean[]>;
  iterator(): KeyvEntries;
}

/** The storage adapter of Keyv 5. Expiry is a lifetime in milliseconds, and keys start with the namespace. */
export interface Keyv5Adapter extends KeyvBase {
  readonly opts: { readonly dialect: "redis" };
  on(event: string, listener: Listener): Keyv5Adapter;
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  setMany(entries: readonly { key: string; value: unknown; ttl?: number | undefined }[]): Promise<boolean[]>;
  deleteMany(keys: string[]): Promise<boolean>;
  iterator(namespace?: string): KeyvEntries;
}

/**
 * Makes a storage adapter for Keyv 6 from a store; for Keyv 5 see {@link toKeyv5}.
 *
 * Each namespace is a collection: `keyv` without a namespace, otherwise `keyv:` and its name. So two namespaces never
 * meet, and `clear` is one call where the store can remove a collection. A bulk is one call, if its entries expire at the
 * same moment. A key expires to the millisecond.
 *
 * It needs a store with listings, for `clear` and the iterator; any consistency will do.
 *
 * @throws KeyValueError `misconfigured` when the store cannot list its keys.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toKeyv } from "edge-key-value/interop/keyv";
 * import Keyv from "keyv";
 *
 * const keyv = new Keyv({ store: toKeyv(memoryStore()), namespace: "users" });
 * await keyv.set("ann", { plan: "free" }, 60_000);
 * ```
 */
export function toKeyv(store: ListedStore, { collection = "keyv" }: KeyvOptions = {}): KeyvAdapter {
  requireStore(store, "toKeyv", { listing: true });
  const place = (): string => (adapter.namespace ? `${collection}:${adapter.namespace}` : collection);
  const left = (expires: number | undefined) => (expires === undefined ? undefined : expires - Date.now());

  const adapter: KeyvAdapter = {
    ...storage(store, place),
    capabilities: { expires: true },
    async set(key, value, expires) {
      await write(store, place(), [[key, value, left(expires)]]);
      return true;
    },
    async setMany(entries) {
      await write(
        store,
        place(),
        entries.map(({ key, value, expires }) => [key, value, left(expires)]),
      );
      return entries.map(() => true);
    },
    async deleteMany(keys) {
      const there = await adapter.hasMany(keys);
      await store.deleteMany(keys, { collection: place() });
      return there;
    },
    clear: () => clear(store, place()),
    iterator: () => entriesOf(store, place()),
  };
  return adapter;
}

/**
 * Makes a storage adapter for Keyv 5 from a store; for Keyv 6 see {@link toKeyv}.
 *
 * Keys are kept as Keyv 5 passes them, with the namespace in front, in the collection `keyv`. A failure of a read is emitted as
 * `error`, because Keyv 5 itself reports it as a missing key.
 *
 * It needs a store with listings, for `clear` and the iterator; any consistency will do.
 *
 * @throws KeyValueError `misconfigured` when the store cannot list its keys.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toKeyv5 } from "edge-key-value/interop/keyv";
 * import Keyv from "keyv"; // version 5
 *
 * const keyv = new Keyv({ store: toKeyv5(memoryStore()), namespace: "users" });
 * await keyv.set("ann", { plan: "free" }, 60_000);
 * ```
 */
export function toKeyv5(store: ListedStore, { collection = "keyv" }: KeyvOptions = {}): Keyv5Adapter {
  requireStore(store, "toKeyv5", { listing: true });
  const listeners: Listener[] = [];
  const prefixOf = (namespace: string | undefined): string => (namespace ? `${namespace}:` : "");
  const base = storage(store, () => collection);

  const adapter: Keyv5Adapter = {
    ...base,
    // Keyv 5 offers its iterator only for the dialects that it knows by name.
    opts: { dialect: "redis" },
    on(event, listener) {
      if (event === "error") listeners.push(listener);
      return adapter;
    },
    async get(key) {
      try {
        return await base.get(key);
      } catch (error) {
        for (const listener of listeners) unheard(() => listener(error));
        throw error;
      }
    },
    async set(key, value, ttl) {
      await write(store, collection, [[key, value, ttl]]);
      return true;
    },
    async setMany(entries) {
      await write(
        store,
        collection,
        entries.map(({ key, value, ttl }) => [key, value, ttl]),
      );
      return entries.map(() => true);
    },
    deleteMany: async (keys) => (await store.deleteMany(keys, { collection })) > 0,
    clear: () => clear(store, collection, prefixOf(adapter.namespace)),
    iterator: (namespace) => entriesOf(store, collection, prefixOf(namespace)),
  };
  return adapter;
}

/** What both versions do alike, in the collection that holds at the time of the call. */
function storage(store: ListedStore, place: () => string): Omit<KeyvBase, "namespace" | "clear"> {
  const at = () => ({ collection: place() });
  return {
    get: async (key) => (await store.get(key, at())) ?? undefined,
    getMany: async (keys) => (await store.getMany(keys, at())).map((value) => value ?? undefined),
    has: async (key) => (await store.get(key, at())) !== null,
    hasMany: async (keys) => (await store.getMany(keys, at())).map((value) => value !== null),
    delete: (key) => store.delete(key, at()),
    disconnect: () => close(store),
  };
}

/** Writes values with a lifetime in milliseconds each, and removes the keys whose lifetime is over. */
async function write(
  store: ListedStore,
  collection: string,
  items: readonly (readonly [key: string, value: unknown, life: number | undefined])[],
): Promise<void> {
  // Of a repeated key the last item counts.
  const last = [...new Map(items.map((item) => [item[0], item])).values()];
  const over = last.filter(([, , life]) => isOver(life)).map(([key]) => key);
  const writes = last.filter(([, , life]) => !isOver(life));
  await Promise.all([
    over.length > 0 && store.deleteMany(over, { collection }),
    putEach(
      store,
      collection,
      writes.map(([key, value, life]) => [key, value, ttlOfMs(life)]),
    ),
  ]);
}
