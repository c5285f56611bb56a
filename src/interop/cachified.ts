import type { AsyncKeyValue } from "../core/protocol.ts";
import { ttlOfMs } from "./internal/lifetimes.ts";

/** Options of {@link toCachified}. */
export interface CachifiedOptions {
  /** The collection to keep entries in. Default: `"cachified"`. */
  readonly collection?: string | undefined;
}

/** What cachified knows of an entry. Times are in milliseconds; `null` and `Infinity` mean for ever. */
export interface CachifiedMetadata {
  readonly createdTime: number;
  readonly ttl?: number | null;
  readonly swr?: number | null;
  /** The old name of `swr`. */
  readonly swv?: number | null;
}

/** An entry of cachified. */
export interface CachifiedEntry<Value = unknown> {
  metadata: CachifiedMetadata;
  value: Value;
}

/** The `Cache` of `@epic-web/cachified`. */
export interface CachifiedCache {
  readonly name: string;
  get<Value>(key: string): Promise<CachifiedEntry<Value> | null>;
  set(key: string, entry: CachifiedEntry): Promise<void>;
  delete(key: string): Promise<void>;
}

/**
 * Makes a cache for `@epic-web/cachified` from a store.
 *
 * An entry leaves the store when cachified would no longer use it: after `ttl` and `swr`. Values must be JSON; cachified
 * returns others without caching them, and reports `writeFreshValueError`.
 *
 * Any store will do. On an eventually consistent one, a deleted value may come back for a while.
 *
 * @example
 * ```ts
 * import { cachified } from "@epic-web/cachified";
 * import { memoryStore } from "edge-key-value";
 * import { toCachified } from "edge-key-value/interop/cachified";
 *
 * const cache = toCachified(memoryStore());
 * const rates = await cachified({ cache, key: "rates", ttl: 60_000, getFreshValue: () => ({ eur: 1.1 }) });
 * ```
 */
export function toCachified(store: AsyncKeyValue, { collection = "cachified" }: CachifiedOptions = {}): CachifiedCache {
  const at = { collection };
  return {
    name: "edge-key-value",
    get: (key) => store.get(key, at),
    async set(key, { metadata, value }) {
      const { createdTime, swv, swr = swv, ttl } = metadata;
      const life = lasting(ttl) || lasting(swr) ? null : createdTime + (ttl ?? 0) + (swr ?? 0) - Date.now();
      // JSON has no Infinity; cachified reads `null` as for ever.
      const kept = { ...metadata, ttl: lasting(ttl) ? null : ttl, swr: lasting(swr) ? null : swr };
      if (life !== null && life <= 0) await store.delete(key, at);
      else await store.put(key, { metadata: kept, value }, { collection, ttl: ttlOfMs(life) });
    },
    async delete(key) {
      await store.delete(key, at);
    },
  };
}

const lasting = (time: number | null | undefined): boolean => time === null || time === Number.POSITIVE_INFINITY;
