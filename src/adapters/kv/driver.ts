import { addressPrefix, joinAddress, splitAddress } from "../../core/address.ts";
import { count, refuse } from "../../core/checks.ts";
import type { Driver } from "../../core/driver.ts";
import { type Entry, live } from "../../core/entry.ts";
import { KeyValueError } from "../../core/errors.ts";
import { pageOf } from "../../core/order.ts";
import { each, fail, getAll, NAME, type WorkersKV } from "./calls.ts";
import { shorten, shortPrefix } from "./names.ts";

/** How a store uses a namespace. */
export interface KVUse {
  /** Sets this store's names apart, as `prefix::collection::key`, and makes it their owner: it can `destroy` them. */
  readonly keyPrefix?: string | undefined;
  /** For how many seconds a read may be answered from the cache of its location, at least 30. Default: KV's own 60. */
  readonly cacheTtl?: number | undefined;
  /** Whether a delete reads first, so that it can answer what was there. Without, every key counts. Default: true. */
  readonly checkDeletes?: boolean | undefined;
  /** What to make of a stored value that is not JSON: an error with code `corrupted`, or a missing entry. */
  readonly onCorrupt?: "throw" | "miss" | undefined;
}

/** What is kept beside a value: the times, and the whole of a name that is too long. `v` tells it from foreign metadata. */
interface Metadata {
  readonly v?: 1 | undefined;
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly whole?: string | undefined;
}

/** What every store in Workers KV can do. */
export type ListCapability = "listKeys" | "listCollections" | "destroyCollection";

/** A driver over a binding, as `workersKVStore` describes it. */
export function kvDriver(
  kv: WorkersKV,
  { keyPrefix, cacheTtl, checkDeletes = true, onCorrupt }: KVUse,
): Driver<ListCapability> {
  // Here and not outside, since a minifier then writes them where they are used.
  const METADATA_BYTES = 1024;
  const VALUE_BYTES = 25 << 20;
  if (typeof kv?.getWithMetadata !== "function") refuse("namespace", "a KV binding");
  count(cacheTtl, "cacheTtl", 30);
  const own = keyPrefix === undefined ? "" : joinAddress(keyPrefix, "");
  const wholeOf = (collection: string, key: string) => own + joinAddress(collection, key);

  /** Reads entries whose values are still text. */
  async function find(collection: string, keys: readonly string[]) {
    const names = await Promise.all(keys.map((key) => shorten(wholeOf(collection, key))));
    // KV takes `undefined` for what is left out, though its types do not say so.
    const found = await getAll(kv, names, { cacheTtl } as { cacheTtl: number }).catch((error) =>
      fail(error, collection, keys),
    );
    return found.map((one) => (one?.value == null ? undefined : { ...oursOf(one.metadata), value: one.value }));
  }

  /** Pages of names that start with `prefix`, expired ones included. */
  async function* pages(prefix: string, cursor?: string, limit = 1000) {
    let next = cursor;
    do {
      const options = { prefix: shortPrefix(prefix), limit: Math.min(limit, 1000), cursor: next as string };
      // In a function, so that what a binding throws at once is a failure like others.
      const list = async () => kv.list(options);
      const page = await list().catch(fail);
      next = page.list_complete ? undefined : page.cursor;
      const items = page.keys.flatMap(({ name, metadata }) => {
        const { whole = name, ...entry } = oursOf(metadata);
        const parts = splitAddress(whole.slice(own.length));
        return whole.startsWith(prefix) ? { name, key: parts?.[1] ?? name, address: live(entry) && parts } : [];
      });
      yield [items, next] as const;
    } while (next !== undefined);
  }

  /** Removes all names that start with `prefix`, ours or not; true when one of ours had not expired. */
  async function destroyAll(prefix: string, collection?: string): Promise<boolean> {
    let any = false;
    for await (const [items] of pages(prefix)) {
      await each(
        collection,
        items.map(({ name, key }) => [key, () => kv.delete(name)] as const),
      );
      any ||= items.some(({ address }) => address);
    }
    return any;
  }

  return {
    name: NAME,
    consistency: "eventual",
    limits: { keyBytes: METADATA_BYTES, valueBytes: VALUE_BYTES },

    async read(collection, keys) {
      const found = await find(collection, keys);
      return found.map((entry, i): Entry | undefined => {
        if (!entry) return undefined;
        try {
          const value = JSON.parse(entry.value);
          if (value !== null) return { ...entry, value };
        } catch {}
        if (onCorrupt === "miss") return undefined;
        throw new KeyValueError("corrupted", "value is not JSON", { store: NAME, collection, key: keys[i] });
      });
    },

    async write(collection, items) {
      const writes = items.map(async ([key, { value, createdAt, expiresAt }]) => {
        const whole = wholeOf(collection, key);
        const name = await shorten(whole);
        const metadata = { v: 1, createdAt, expiresAt, ...(name !== whole && { whole }) };
        const text = JSON.stringify(value);
        for (const [stored, limit] of [
          [JSON.stringify(metadata), METADATA_BYTES],
          [text, VALUE_BYTES],
        ] as const) {
          const size = new TextEncoder().encode(stored).length;
          const details = { store: NAME, collection, key, size, limit };
          if (size > limit) throw new KeyValueError("too_large", `over ${limit} bytes`, details);
        }
        const put = () => {
          // Without a deadline this is not a number, of which every comparison is false.
          const left = ((expiresAt as number) - Date.now()) / 1000;
          if (left <= 0) return kv.delete(name);
          // KV counts whole seconds from a clock that it rounds down, so one more keeps it from being early.
          const expirationTtl = Math.max(60, Math.ceil(left) + 1);
          // KV takes an int32; a later deadline is left to the metadata.
          return kv.put(name, text, { metadata, ...(left < 2e9 && { expirationTtl }) });
        };
        return [key, put] as const;
      });
      await each(collection, await Promise.all(writes));
    },

    async remove(collection, keys) {
      const found = checkDeletes && (await find(collection, keys));
      const removes = keys.map((key) => [key, async () => kv.delete(await shorten(wholeOf(collection, key)))] as const);
      await each(collection, removes);
      return found ? found.filter(live).length : keys.length;
    },

    async listKeys(collection, { prefix = "", cursor, limit }) {
      for await (const [items, next] of pages(own + addressPrefix(collection, prefix), cursor, limit)) {
        const names = items.flatMap(({ address }) => (address?.[1].startsWith(prefix) ? address[1] : []));
        if (names.length > 0) return { names, cursor: next };
      }
      return { names: [] };
    },

    async listCollections(page) {
      const names = new Set<string>();
      for await (const [items] of pages(own)) {
        for (const { address } of items) if (address) names.add(address[0]);
      }
      return pageOf(names, page);
    },

    destroyCollection: (collection) => destroyAll(wholeOf(collection, ""), collection),
    ...(own && { destroy: () => destroyAll(own) }),
  };
}

/** Our own metadata; nothing of what another program may have put there. */
function oursOf(metadata: unknown): Metadata {
  return (metadata as Metadata | null)?.v === 1 ? (metadata as Metadata) : {};
}
