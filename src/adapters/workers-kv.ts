import { addressPrefix, joinAddress, splitAddress } from "../address.ts";
import { count, live } from "../checks.ts";
import type { AnyDriver, Driver, DriverPage, Entry, Store } from "../driver.ts";
import { type ErrorDetails, KeyValueError } from "../errors.ts";
import { compareCodePoints } from "../order.ts";
import { createStore, type StoreOptions } from "../store.ts";
import { each, fail, getAll } from "./internal/kv-calls.ts";
import { type KVName, NAME_BYTES, restore, shorten, shortPrefix } from "./internal/kv-names.ts";

/** What this adapter needs of a KV binding; `KVNamespace` of `@cloudflare/workers-types` fits. */
export interface WorkersKV {
  getWithMetadata(name: string, options: { type: "text"; cacheTtl?: number }): Promise<WorkersKVValue>;
  getWithMetadata(names: string[], options: { type: "text"; cacheTtl?: number }): Promise<Map<string, WorkersKVValue>>;
  put(name: string, value: string, options: { expirationTtl?: number; metadata: unknown }): Promise<void>;
  delete(name: string): Promise<void>;
  list(options: { prefix: string; cursor?: string | null; limit?: number }): Promise<WorkersKVList>;
}

/** A value as a KV binding gives it. */
export interface WorkersKVValue {
  readonly value: string | null;
  readonly metadata: unknown;
}

/** A page of names as a KV binding gives it. */
export type WorkersKVList = { readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[] } & (
  | { readonly list_complete: true }
  | { readonly list_complete: false; readonly cursor: string }
);

/** Options of {@link workersKVStore}. */
export interface WorkersKVStoreOptions extends StoreOptions {
  /** Sets this store's names apart from others in the namespace, and makes it their owner: it can `destroy` them. */
  readonly keyPrefix?: string | undefined;
  /** For how many seconds a read may be answered from the cache of its location, at least 30. Default: KV's own 60. */
  readonly cacheTtl?: number | undefined;
  /** Whether a delete reads first, so that it can answer what was there. Without, every key counts. Default: true. */
  readonly checkDeletes?: boolean | undefined;
  /** What to make of a stored value that is not JSON: an error with code `corrupted`, or a missing entry. */
  readonly onCorrupt?: "throw" | "miss" | undefined;
}

/** What is kept beside a value: the times, and the end of a name that is too long. `v` tells it from foreign metadata. */
interface Metadata {
  readonly v: 1;
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly rest?: string | undefined;
}

type ListCapability = "listKeys" | "listCollections" | "destroyCollection";

const VALUE_BYTES = 25 * 1024 * 1024;
/** The most seconds of a native expiry, an int32; a later deadline is left to the metadata. */
const MAX_TTL = 2 ** 31 - 1;

/**
 * A store in Workers KV.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: a write is seen elsewhere within about a minute, and "not there" is cached as well |
 * | Limits | values 25 MiB as JSON; names of 1,176 bytes, collection included; one write a second to the same key |
 * | Calls per operation | one to read a key, one for each 100 keys in bulk; one to write a key, six at a time; a delete reads first |
 * | Stores | the value as plain JSON under `collection::key`; creation time and deadline in the metadata |
 *
 * Entries that another program wrote without metadata are read as entries that never expire. KV keeps an entry for at
 * least a minute; a shorter TTL still ends on time, since every read checks the deadline. `listCollections` has to read
 * every name in the namespace. When some writes of a bulk fail, the others are still tried, and the error names
 * those that failed. There are no atomic operations: KV has nothing to build them on.
 *
 * Limits: developers.cloudflare.com/kv/platform/limits.
 */
export function workersKVStore(
  namespace: WorkersKV,
  options: WorkersKVStoreOptions & { readonly keyPrefix: string },
): Store<ListCapability | "destroy">;
export function workersKVStore(namespace: WorkersKV, options?: WorkersKVStoreOptions): Store<ListCapability>;
export function workersKVStore(namespace: WorkersKV, options: WorkersKVStoreOptions = {}): Store<ListCapability> {
  return createStore(kvDriver(namespace, options), options);
}

function kvDriver(
  kv: WorkersKV,
  { keyPrefix, cacheTtl, checkDeletes = true, onCorrupt }: WorkersKVStoreOptions,
): Driver<ListCapability> & AnyDriver {
  count(cacheTtl, "cacheTtl", 30);
  const store = "workers-kv";
  const own = keyPrefix === undefined ? "" : joinAddress(keyPrefix, "");
  const how = { type: "text", ...(cacheTtl && { cacheTtl }) } as const;

  function namesOf(collection: string, keys: readonly string[]): Promise<KVName[]> {
    return Promise.all(keys.map((key) => shorten(own + joinAddress(collection, key))));
  }

  async function find(names: readonly KVName[], collection: string, key: string | undefined) {
    const plain = names.map(({ name }) => name);
    return getAll(kv, plain, how).catch((error) => fail(error, { store, collection, key }));
  }

  /** A page of names that start with `prefix`, expired ones included. */
  async function list(prefix: string, cursor: string | undefined, limit = 1000) {
    const options = { prefix: shortPrefix(prefix), limit: Math.min(limit, 1000), ...(cursor && { cursor }) };
    const page = await kv.list(options).catch((error) => fail(error, { store }));
    const items = page.keys.flatMap(({ name, metadata }) => {
      const times = timesOf(metadata);
      const whole = restore(name, times.rest);
      const [collection, key] = splitAddress(whole.slice(own.length)) ?? [];
      return whole.startsWith(prefix) ? [{ name, collection, key, alive: live(times) !== undefined }] : [];
    });
    return { items, cursor: page.list_complete ? undefined : page.cursor };
  }

  /** Removes all names that start with `prefix`; true when one of them had not expired. */
  async function destroyAll(prefix: string, collection?: string): Promise<boolean> {
    let any = false;
    let cursor: string | undefined;
    do {
      const page = await list(prefix, cursor);
      const names = page.items.map(({ name }) => name);
      await each(names, (i) => kv.delete(names[i] as string), { store, collection });
      any ||= page.items.some(({ alive }) => alive);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return any;
  }

  return {
    name: store,
    consistency: "eventual",
    limits: { keyBytes: NAME_BYTES, valueBytes: VALUE_BYTES },

    async read(collection, keys) {
      const found = await find(await namesOf(collection, keys), collection, keys.length === 1 ? keys[0] : undefined);
      return found.map((item, i) => {
        if (item?.value == null) return undefined;
        const { createdAt, expiresAt } = timesOf(item.metadata);
        try {
          const value = JSON.parse(item.value);
          if (value !== null) return { value, createdAt, expiresAt };
        } catch {}
        if (onCorrupt === "miss") return undefined;
        const details = { store, collection, key: keys[i] };
        throw new KeyValueError("corrupted", "the stored value is not JSON", details);
      });
    },

    async write(collection, items) {
      const keys = items.map(([key]) => key);
      const names = await namesOf(collection, keys);
      const texts = items.map(([key, { value }], i) => {
        const text = JSON.stringify(value);
        check(names[i]?.bytes as number, NAME_BYTES, { store, collection, key });
        check(bytesOf(text), VALUE_BYTES, { store, collection, key });
        return text;
      });
      const put = (i: number): Promise<void> => {
        const { name, rest } = names[i] as KVName;
        const { createdAt, expiresAt } = (items[i] as (typeof items)[0])[1];
        const metadata: Metadata = { v: 1, createdAt, expiresAt, rest };
        const left = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - Date.now();
        if (left <= 0) return kv.delete(name);
        // KV counts whole seconds from a clock that it rounds down, so one more keeps it from being early.
        const expirationTtl = Math.max(60, Math.ceil(left / 1000) + 1);
        return kv.put(name, texts[i] as string, { metadata, ...(expirationTtl <= MAX_TTL && { expirationTtl }) });
      };
      await each(keys, put, { store, collection });
    },

    async remove(collection, keys) {
      const names = await namesOf(collection, keys);
      const found = checkDeletes && (await find(names, collection, keys.length === 1 ? keys[0] : undefined));
      await each(keys, (i) => kv.delete(names[i]?.name as string), { store, collection });
      return found ? found.filter((item) => item?.value != null && live(timesOf(item.metadata))).length : keys.length;
    },

    async listKeys(collection, { prefix = "", cursor, limit }) {
      for (let next = cursor; ; ) {
        const page = await list(own + addressPrefix(collection, prefix), next, limit);
        const names = page.items.flatMap(({ alive, collection: found, key }) =>
          alive && found === collection && key?.startsWith(prefix) ? [key] : [],
        );
        next = page.cursor;
        if (names.length > 0 || next === undefined) return { names, cursor: next };
      }
    },

    /** The cursor is KV's own, with the last name and the last collection that were given of the page behind it. */
    async listCollections({ prefix = "", cursor, limit = 1000 }) {
      let [next, last = "", latest] = cursor === undefined ? [] : (JSON.parse(cursor) as (string | undefined)[]);
      const names: string[] = [];
      for (;;) {
        const page = await list(own, next);
        for (const { name, collection, alive } of page.items) {
          if (!alive || collection === latest || !collection?.startsWith(prefix)) continue;
          if (compareCodePoints(name, last) <= 0) continue;
          if (names.length === limit) return { names, cursor: JSON.stringify([next ?? "", last, latest]) };
          names.push(collection);
          last = name;
          latest = collection;
        }
        next = page.cursor;
        if (next === undefined) return { names };
      }
    },

    destroyCollection: (collection) => destroyAll(own + joinAddress(collection, ""), collection),
    ...(own && { destroy: () => destroyAll(own) }),
  };
}

/** Our metadata as an entry's times; nothing of what another program may have put there. */
function timesOf(metadata: unknown): Metadata & Entry {
  const ours = metadata as Metadata | null;
  return ours?.v === 1 ? { ...ours, value: "" } : { v: 1, value: "" };
}

/** The bytes of a text, or 0 where it is far too short to matter. */
function bytesOf(text: string): number {
  return text.length * 3 > VALUE_BYTES ? new TextEncoder().encode(text).length : 0;
}

function check(size: number, limit: number, details: ErrorDetails): void {
  if (size <= limit) return;
  throw new KeyValueError("too_large", `${size} bytes are more than ${limit}`, { ...details, size, limit });
}
