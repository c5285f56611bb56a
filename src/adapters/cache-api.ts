import { string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { Store } from "../core/driver.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import type { CacheClient } from "./cache/client.ts";
import { cacheDriver } from "./cache/driver.ts";

export type { CacheClient };

/** Options of {@link cacheAPIStore}. */
export interface CacheAPIStoreOptions extends StoreOptions {
  /**
   * The start of the URLs that entries have in the cache. Nothing is ever fetched from there. Two stores with different
   * origins share nothing. Default: `"https://edge-key-value.invalid"`.
   */
  readonly origin?: string | undefined;
  /** What to do with a response that is not an entry. Default: `"throw"`, an error with code `corrupted`. */
  readonly onCorrupt?: OnCorrupt | undefined;
}

/**
 * Makes a store in the Cache API, for results that are cheap to lose: a second level below `memoryStore` that outlives an
 * isolate, costs nothing, and never leaves the data centre.
 *
 * | | |
 * |---|---|
 * | Consistency | eventual: each data centre has entries of its own, and a delete reaches one of them |
 * | Limits | URL 16 KiB (origin, collection and key, percent-encoded); value 512 MB; the cache may drop an entry at any time |
 * | Calls per operation | one for each key, six at a time; a delete reads first |
 * | Stores | a response with the value as JSON under `<origin>/<collection>::<key>`; creation time and deadline in its headers |
 *
 * There are no listings and no atomic operations, since the Cache API has nothing to build them on. An entry without a
 * TTL is kept for a year at most. Every read checks the deadline, by the reader's clock.
 *
 * Cloudflare's cache does nothing on `*.workers.dev`, in the playground, and behind Cloudflare Access: every read finds
 * nothing there. Deno and browsers keep entries until they are deleted.
 *
 * Source: developers.cloudflare.com/workers/runtime-apis/cache.
 *
 * @throws TypeError when the first argument is no cache, or `origin` is not a URL that starts with `https:` or `http:`.
 *
 * @example
 * ```ts
 * import { cacheAPIStore } from "edge-key-value/adapters/cache-api";
 *
 * export async function rates(): Promise<unknown> {
 *   const store = cacheAPIStore(await caches.open("rates"));
 *   const cached = await store.get("EUR");
 *   if (cached !== null) return cached;
 *   const fresh: unknown = await (await fetch("https://rates.example/EUR")).json();
 *   await store.put("EUR", fresh, { ttl: 300 });
 *   return fresh;
 * }
 * ```
 */
export function cacheAPIStore(cache: CacheClient, options: CacheAPIStoreOptions = {}): Store {
  const { origin = "https://edge-key-value.invalid" } = options;
  if (typeof cache?.match !== "function" || typeof cache.put !== "function") {
    throw new TypeError("cache must be a Cache, such as caches.default on Workers or await caches.open(name)");
  }
  if (!/^https?:\/\/[^/?#]+\/?$/.test(string(origin, "origin")) || !URL.canParse(origin)) {
    throw new TypeError("origin must be the origin of a URL, such as https://example.com");
  }
  return createStore(cacheDriver(cache, new URL(origin).origin, checkedOnCorrupt(options.onCorrupt)), options);
}
