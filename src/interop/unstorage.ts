import { fromBase64, toBase64 } from "../core/base64.ts";
import type { Bytes } from "../core/bytes.ts";
import { KeyValueError } from "../core/errors.ts";
import { requireStore } from "../core/requirements.ts";
import { ttlOf } from "./internal/lifetimes.ts";
import { clear, eachKey, type ListedStore } from "./internal/listed.ts";
import { close, putEach } from "./internal/writes.ts";

/** Options of {@link toUnstorageDriver}. */
export interface UnstorageDriverOptions {
  /** The collection to keep items in. Default: `"unstorage"`. */
  readonly collection?: string | undefined;
  /** Seconds that an item lives when `setItem` names no `ttl`. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/** What unstorage passes along with a call; `ttl` is in seconds. */
type CallOptions = { readonly ttl?: number } | undefined;

/** A driver of unstorage. */
export interface UnstorageDriver {
  readonly name: string;
  readonly flags: { readonly ttl: true };
  hasItem(key: string): Promise<boolean>;
  getItem(key: string): Promise<string | null>;
  getItems(items: readonly { readonly key: string }[]): Promise<{ key: string; value: string | null }[]>;
  getItemRaw(key: string): Promise<Uint8Array | string | null>;
  setItem(key: string, value: string, options?: CallOptions): Promise<void>;
  setItems(
    items: readonly { readonly key: string; readonly value: string; readonly options?: CallOptions }[],
    common?: CallOptions,
  ): Promise<void>;
  setItemRaw(key: string, value: unknown, options?: CallOptions): Promise<void>;
  removeItem(key: string): Promise<void>;
  /** The seconds that an item has left. */
  getMeta(key: string): Promise<{ ttl?: number } | null>;
  getKeys(base?: string): Promise<string[]>;
  clear(base?: string): Promise<void>;
  /** Closes what the store itself opened. */
  dispose(): Promise<void>;
}

/** What is stored for an item: its text, or raw bytes. */
type Stored = string | { readonly base64: string };

/**
 * Makes a driver for unstorage from a store. Nitro, Nuxt and Astro keep their data in unstorage.
 *
 * Items are text under their own keys. Raw items are bytes and stay bytes. `ttl`, in seconds, works on every backend, and
 * many items are read or written in one call.
 *
 * It needs a store with listings, for `getKeys`; any consistency will do.
 *
 * @throws KeyValueError `misconfigured` when the store cannot list its keys.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toUnstorageDriver } from "edge-key-value/interop/unstorage";
 * import { createStorage } from "unstorage";
 *
 * const storage = createStorage({ driver: toUnstorageDriver(memoryStore()) });
 * await storage.setItem("users:ann", { plan: "free" }, { ttl: 60 });
 * ```
 */
export function toUnstorageDriver(
  store: ListedStore,
  { collection = "unstorage", ttl: defaultTtl }: UnstorageDriverOptions = {},
): UnstorageDriver {
  requireStore(store, "toUnstorageDriver", { listing: true });
  const at = { collection };
  /** unstorage's own drivers take 0 for no TTL. */
  const lifeOf = (options: CallOptions, common?: CallOptions) => ttlOf(options?.ttl || common?.ttl || defaultTtl);

  return {
    name: "edge-key-value",
    flags: { ttl: true },
    hasItem: async (key) => (await store.get(key, at)) !== null,
    getItem: async (key) => toText(await store.get<Stored>(key, at)),
    async getItems(items) {
      const keys = items.map(({ key }) => key);
      const values = await store.getMany<Stored>(keys, at);
      return keys.map((key, i) => ({ key, value: toText(values[i] ?? null) }));
    },
    async getItemRaw(key) {
      const value = await store.get<Stored>(key, at);
      return typeof value === "string" || value === null ? value : toBytes(value);
    },
    setItem: (key, value, options) => store.put(key, value, { collection, ttl: lifeOf(options) }),
    setItems: (items, common) =>
      putEach(
        store,
        collection,
        items.map(({ key, value, options }) => [key, value, lifeOf(options, common)]),
      ),
    setItemRaw: async (key, value, options) => store.put(key, toStored(value), { collection, ttl: lifeOf(options) }),
    async removeItem(key) {
      await store.delete(key, at);
    },
    async getMeta(key) {
      const found = await store.ttl(key, at);
      return found && (found.ttl === null ? {} : { ttl: found.ttl });
    },
    async getKeys(base) {
      const keys: string[] = [];
      for await (const key of eachKey(store, collection, base)) keys.push(key);
      return keys;
    },
    clear: (base = "") => clear(store, collection, base),
    dispose: () => close(store),
  };
}

/** What is stored for a raw value: text as it is, bytes as base64. */
function toStored(value: unknown): Stored {
  if (typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) {
    return { base64: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()) };
  }
  if (value instanceof ArrayBuffer) return { base64: toBase64(new Uint8Array(value)) };
  throw new TypeError("a raw value must be a string, an ArrayBuffer or a view of one");
}

/** Returns the bytes of a raw item; throws `corrupted` if this driver did not write it. */
function toBytes(stored: Exclude<Stored, string>): Bytes {
  const bytes = fromBase64(stored.base64);
  if (bytes) return bytes;
  throw new KeyValueError("corrupted", "the stored value was not written by unstorage");
}

/** Returns an item as text, which raw bytes are taken for as well. */
function toText(stored: Stored | null): string | null {
  return typeof stored === "string" || stored === null ? stored : new TextDecoder().decode(toBytes(stored));
}
