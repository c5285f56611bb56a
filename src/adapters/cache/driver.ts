import { joinAddress } from "../../core/address.ts";
import type { OnCorrupt } from "../../core/corrupt.ts";
import type { BaseDriver } from "../../core/driver.ts";
import { eachKey } from "../../core/each-key.ts";
import { type Entry, live } from "../../core/entry.ts";
import { type ErrorDetails, KeyValueError } from "../../core/errors.ts";
import type { CacheClient } from "./client.ts";
import { cacheFailure, NAME } from "./failure.ts";
import { entryIn, responseOf } from "./response.ts";

/** The longest URL that Cloudflare takes: developers.cloudflare.com/workers/platform/limits. */
const URL_BYTES = 16 * 1024;

/** The largest cached file on all plans but Enterprise: developers.cloudflare.com/cache/concepts/default-cache-behavior. */
const VALUE_BYTES = 512 * 1024 * 1024;

/** A Worker can wait for the headers of six connections at once: developers.cloudflare.com/workers/platform/limits. */
const CONNECTIONS = 6;

/** A driver over a cache, as `cacheAPIStore` describes it. */
export function cacheDriver(cache: CacheClient, origin: string, onCorrupt: OnCorrupt): BaseDriver {
  function urlOf(collection: string, key: string): string {
    const url = `${origin}/${encodeURIComponent(joinAddress(collection, key))}`;
    if (url.length > URL_BYTES) throw tooLarge("URL", url.length, URL_BYTES, { collection, key });
    return url;
  }

  async function find(url: string, details: ErrorDetails): Promise<Entry | undefined> {
    const response = await cache.match(url);
    return response && (await entryIn(response, onCorrupt, details));
  }

  /** Makes a call for each key, six at a time. */
  function forEach<T>(
    collection: string,
    items: readonly (readonly [string, T])[],
    call: (item: T, key: string) => Promise<unknown>,
  ) {
    const details = { store: NAME, collection };
    return eachKey(items, CONNECTIONS, details, call, (cause, key) => cacheFailure(cause, { collection, key }));
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
      const urls = new Map(keys.map((key) => [key, urlOf(collection, key)]));
      const entries = new Map<string, Entry | undefined>();
      await forEach(collection, [...urls], async (url, key) => {
        entries.set(key, live(await find(url, { collection, key })));
      });
      return keys.map((key) => entries.get(key));
    },

    async write(collection, items) {
      const writes = items.map(([key, entry]) => [key, writing(collection, key, entry)] as const);
      await forEach(collection, writes, (write) => write());
    },

    async remove(collection, keys) {
      let removed = 0;
      const urls = keys.map((key) => [key, urlOf(collection, key)] as const);
      await forEach(collection, urls, async (url, key) => {
        const found = await find(url, { collection, key }).catch(countCorrupted);
        if ((await cache.delete(url)) && (found === true || live(found))) removed++;
      });
      return removed;
    },
  };
}

/** A response that is not an entry counts as removed, since nothing says that it has expired. */
function countCorrupted(error: unknown): true {
  if ((error as KeyValueError).code === "corrupted") return true;
  throw error;
}

function tooLarge(what: string, size: number, limit: number, details: ErrorDetails): KeyValueError {
  const message = `the ${what} is ${size} bytes; the limit is ${limit}`;
  return new KeyValueError("too_large", message, { store: NAME, ...details, size, limit });
}
