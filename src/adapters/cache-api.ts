import { joinAddress } from "../core/address.ts";
import { string } from "../core/checks.ts";
import { checkedOnCorrupt, type OnCorrupt } from "../core/corrupt.ts";
import type { BaseDriver, Store } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { type ErrorCode, type ErrorDetails, KeyValueError } from "../core/errors.ts";
import { inLanes } from "../core/lanes.ts";
import { createStore, type StoreOptions } from "../core/store.ts";
import { storedJson } from "../core/stored-json.ts";
import { timeIn } from "../core/times.ts";

/** What this adapter needs of a response. */
interface CachedResponse {
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** What this adapter needs of a cache; `Cache` fits, in Workers, Deno and browsers. */
export interface CacheClient {
  match(url: string): Promise<CachedResponse | undefined>;
  put(url: string, response: Response): Promise<unknown>;
  delete(url: string): Promise<boolean>;
}

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

const NAME = "cache-api";

/** The longest URL that Cloudflare takes: developers.cloudflare.com/workers/platform/limits. */
const URL_BYTES = 16 * 1024;

/** The largest cached file on all plans but Enterprise: developers.cloudflare.com/cache/concepts/default-cache-behavior. */
const VALUE_BYTES = 512 * 1024 * 1024;

/** Seconds: a year. The cache drops what nobody reads long before. */
const MAX_AGE = 31_536_000;

/** A Worker can wait for the headers of six connections at once: developers.cloudflare.com/workers/platform/limits. */
const CONNECTIONS = 6;

const CREATED = "x-created-at";
const EXPIRES = "x-expires-at";

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

function cacheDriver(cache: CacheClient, origin: string, onCorrupt: OnCorrupt): BaseDriver {
  function urlOf(collection: string, key: string): string {
    const url = `${origin}/${encodeURIComponent(joinAddress(collection, key))}`;
    if (url.length > URL_BYTES) throw tooLarge("URL", url.length, URL_BYTES, { collection, key });
    return url;
  }

  async function find(collection: string, key: string): Promise<Entry | undefined> {
    const response = await cache.match(urlOf(collection, key));
    // The body is read even if the entry has expired: on Workers, one that is not read keeps its connection.
    return response && decode(response.headers, await response.text(), onCorrupt, { collection, key });
  }

  /** Makes a call for each key, six at a time. After a failure it still makes the others, and names the keys that failed. */
  async function eachKey(collection: string, keys: readonly string[], call: (key: string) => Promise<unknown>) {
    const failures = new Map<string, KeyValueError>();
    await inLanes(keys, CONNECTIONS, async (key) => {
      try {
        await call(key);
      } catch (error) {
        failures.set(key, cacheFailure(error, { collection, key }));
      }
    });
    const [cause] = failures.values();
    if (!cause) return;
    if (keys.length === 1) throw cause;
    const failed = [...failures.keys()];
    const message = `${failed.length} of ${keys.length} keys failed: ${cause.message}`;
    throw new KeyValueError(cause.code, message, { store: NAME, collection, failed, cause });
  }

  /** Checks an entry and returns the call that writes it. */
  function writing(collection: string, key: string, entry: Entry): () => Promise<unknown> {
    const url = urlOf(collection, key);
    const text = JSON.stringify(entry.value);
    // A UTF-16 unit has at most three bytes of UTF-8, so nothing has to be encoded to be measured.
    if (text.length * 3 > VALUE_BYTES) throw tooLarge("value", text.length * 3, VALUE_BYTES, { collection, key });
    return () => (live(entry) ? cache.put(url, responseOf(text, entry)) : cache.delete(url));
  }

  return {
    name: NAME,
    consistency: "eventual",
    lossy: true,
    limits: { keyBytes: URL_BYTES },

    async read(collection, keys) {
      const entries = new Map<string, Entry | undefined>();
      for (const key of keys) urlOf(collection, key);
      await eachKey(collection, [...new Set(keys)], async (key) => {
        entries.set(key, live(await find(collection, key)));
      });
      return keys.map((key) => entries.get(key));
    },

    async write(collection, items) {
      const writes = new Map(items.map(([key, entry]) => [key, writing(collection, key, entry)]));
      await eachKey(collection, [...writes.keys()], async (key) => await writes.get(key)?.());
    },

    async remove(collection, keys) {
      for (const key of keys) urlOf(collection, key);
      let removed = 0;
      await eachKey(collection, keys, async (key) => {
        const found = await find(collection, key).catch(countCorrupted);
        if ((await cache.delete(urlOf(collection, key))) && (found === true || live(found))) removed++;
      });
      return removed;
    },
  };
}

/** What is no entry counts as removed: nothing says that it has expired. */
function countCorrupted(error: unknown): true {
  if ((error as KeyValueError).code === "corrupted") return true;
  throw error;
}

function responseOf(text: string, { createdAt, expiresAt }: Entry): Response {
  const seconds = expiresAt === undefined ? MAX_AGE : Math.ceil((expiresAt - Date.now()) / 1000) + 1;
  const headers = new Headers({
    "cache-control": `max-age=${Math.min(Math.max(1, seconds), MAX_AGE)}`,
    "content-type": "application/json",
  });
  if (createdAt !== undefined) headers.set(CREATED, `${createdAt}`);
  if (expiresAt !== undefined) headers.set(EXPIRES, `${expiresAt}`);
  return new Response(text, { headers });
}

function decode(
  headers: CachedResponse["headers"],
  text: string,
  onCorrupt: OnCorrupt,
  details: ErrorDetails,
): Entry | undefined {
  const createdAt = timeIn(headers.get(CREATED));
  const expiresAt = timeIn(headers.get(EXPIRES));
  const value = storedJson(text);
  if (value !== undefined && !Number.isNaN(createdAt) && !Number.isNaN(expiresAt))
    return { value, createdAt, expiresAt };
  if (onCorrupt === "miss") return undefined;
  throw new KeyValueError("corrupted", "the cached response is not an entry", { store: NAME, ...details });
}

function tooLarge(what: string, size: number, limit: number, details: ErrorDetails): KeyValueError {
  const message = `the ${what} is ${size} bytes; the limit is ${limit}`;
  return new KeyValueError("too_large", message, { store: NAME, ...details, size, limit });
}

/** Says what a failure of the cache means. The HTTP status is in its message alone. */
function cacheFailure(cause: unknown, details: ErrorDetails): KeyValueError {
  if (cause instanceof KeyValueError) return cause;
  const text = String(cause);
  const codes: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
    [/\b413\b/, "too_large"],
    [/\b429\b|too many subrequests/i, "rate_limited"],
    [/quota/i, "full"],
    [/\b5\d\d\b|network|connection|internal error/i, "unavailable"],
  ];
  const [, code = "backend"] = codes.find(([pattern]) => pattern.test(text)) ?? [];
  return new KeyValueError(code, "the Cache API failed", { store: NAME, ...details, cause });
}
