import { requireStore } from "../core/requirements.ts";
import type { ListedStore } from "./internal/listed.ts";
import { calling, failed } from "./kv-namespace/failures.ts";
import {
  checkCacheTtl,
  checkKey,
  checkKeys,
  checkMetadata,
  checkPageLimit,
  checkPrefix,
  expirationOf,
  putOptions,
} from "./kv-namespace/limits.ts";
import type {
  KVListKey,
  KVListOptions,
  KVListResult,
  KVNamespaceLike,
  KVPutOptions,
  KVReadOptions,
  KVValueWithMetadata,
} from "./kv-namespace/shape.ts";
import { bodyOf, type StoredValue, toStored, valueAs } from "./kv-namespace/values.ts";

export type { KVListKey, KVListOptions, KVListResult, KVNamespaceLike, KVPutOptions, KVValueWithMetadata };

/** Options of {@link toKVNamespace}. */
export interface KVNamespaceOptions {
  /** The collection that is the namespace; each collection is one. Default: `"kv"`. */
  readonly collection?: string | undefined;
}

/**
 * Makes a Workers `KVNamespace` from a store, for code that is written for Workers KV.
 *
 * It takes and refuses what KV takes and refuses, with KV's limits and messages: keys of 512 bytes, metadata of 1,024
 * bytes, lifetimes of at least 60 seconds, 100 keys a bulk read. How consistent it is depends on the store. A failure of
 * the store is a `KeyValueError` whose message has the HTTP status that KV would answer, such as
 * `KV PUT failed: 429 …`.
 *
 * `get`, `put` and `delete` are one call to the store each. A page of a listing takes a listing and a bulk read of all its
 * values, because metadata is kept beside them; it is in KV's order if the store lists in code point order.
 *
 * It needs a store with listings. Nothing in KV's protocol is atomic, so a store without atomic operations will do.
 *
 * @throws KeyValueError `misconfigured` when the store cannot list its keys.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { toKVNamespace } from "edge-key-value/interop/kv-namespace";
 *
 * const KV = toKVNamespace(memoryStore());
 * await KV.put("user:1", JSON.stringify({ name: "Ann" }), { expirationTtl: 3600, metadata: { plan: "free" } });
 * const page = await KV.list<{ plan: string }>({ prefix: "user:" });
 * ```
 */
export function toKVNamespace(store: ListedStore, { collection = "kv" }: KVNamespaceOptions = {}): KVNamespaceLike {
  requireStore(store, "toKVNamespace", { listing: true });
  const at = { collection };

  async function getOne(key: string, options?: KVReadOptions): Promise<KVValueWithMetadata<unknown, unknown>> {
    const name = checkKey("GET", key);
    const { type, cacheTtl } = readOptions(options);
    checkCacheTtl("GET", cacheTtl);
    const found = await calling("GET", () => store.get<StoredValue>(name, at));
    // KV looks at the type only when there is a value.
    const value = found === null ? null : valueAs(found, type);
    return { value, metadata: found?.metadata ?? null, cacheStatus: null };
  }

  async function getAll<R>(keys: string[], options: KVReadOptions, pick: (value: unknown, metadata: unknown) => R) {
    const { type = "text", cacheTtl } = readOptions(options);
    if (type !== "text" && type !== "json") {
      failed("GET_BULK", 400, `"${type}" is not a valid type. Use "json" or "text"`, "invalid_value");
    }
    const names = checkKeys(keys);
    checkCacheTtl("GET_BULK", cacheTtl);
    const found = await calling("GET_BULK", () => store.getMany<StoredValue>(names, at));
    return new Map(
      found.map((one, i) => {
        const value = one === null ? null : bulkValue(one, type);
        // A value that is the JSON `null` cannot be told from a key without one.
        return [names[i] as string, value === null ? null : pick(value, one?.metadata ?? null)];
      }),
    );
  }

  const namespace = {
    get: async (key: string | string[], options?: KVReadOptions) =>
      Array.isArray(key) ? await getAll(key, options, (value) => value) : (await getOne(key, options)).value,

    getWithMetadata: async (key: string | string[], options?: KVReadOptions) =>
      Array.isArray(key)
        ? await getAll(key, options, (value, metadata) => ({ value, metadata }))
        : await getOne(key, options),

    async put(key: string, value: unknown, options?: KVPutOptions) {
      // As in workerd, a wrong type fails before a number out of bounds.
      const asked = putOptions(options);
      const name = checkKey("PUT", key);
      const json = JSON.stringify(asked.metadata ?? undefined);
      const body = bodyOf(value);
      const expiration = expirationOf(asked);
      const metadata = json === undefined ? undefined : checkMetadata(json);
      const bytes = await body();
      const ttl = expiration === undefined ? undefined : expiration - Date.now() / 1000;
      await calling("PUT", () => store.put(name, toStored(bytes, metadata), { collection, ttl }));
    },

    async delete(key: string) {
      const name = checkKey("DELETE", key);
      await calling("DELETE", () => store.delete(name, at));
    },

    async list<Metadata>(options?: KVListOptions): Promise<KVListResult<Metadata>> {
      const limit = checkPageLimit(options?.limit);
      const prefix = checkPrefix(options?.prefix);
      const keys: KVListKey<Metadata>[] = [];
      let cursor = options?.cursor ?? undefined;
      return await calling("GET", async () => {
        // A page of a store may be short, or empty, and still not be the last.
        do {
          const page = await store.listKeys({ collection, prefix, limit: limit - keys.length, cursor });
          const found = await store.ttlMany<StoredValue>(page.names, at);
          for (const [i, one] of found.entries()) {
            if (!one) continue;
            const metadata = one.value.metadata as Metadata | undefined;
            const expiration = one.ttl === null ? undefined : Math.round(Date.now() / 1000 + one.ttl);
            keys.push({
              name: page.names[i] as string,
              ...(expiration !== undefined && { expiration }),
              ...(metadata !== undefined && { metadata }),
            });
          }
          cursor = page.cursor;
        } while (cursor !== undefined && keys.length < limit);
        if (cursor === undefined) return { keys, list_complete: true, cacheStatus: null };
        return { keys, list_complete: false, cursor, cacheStatus: null };
      });
    },
  };
  return namespace as KVNamespaceLike;
}

function readOptions(options: KVReadOptions): Exclude<KVReadOptions, string | null | undefined> {
  return typeof options === "string" ? { type: options } : (options ?? {});
}

/** A value of a bulk read, which fails whole when one value is not of the type. */
function bulkValue(stored: StoredValue, type: string): unknown {
  try {
    return valueAs(stored, type);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const text = `At least one of the requested keys corresponds to a non-${type} value`;
    return failed("GET_BULK", 400, text, "invalid_value");
  }
}
