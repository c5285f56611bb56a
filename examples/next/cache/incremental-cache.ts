import { createHash } from "node:crypto";
import type { CacheEntryType, CacheValue, IncrementalCache } from "@opennextjs/aws/types/overrides.js";
import { getCloudflareContext } from "@opennextjs/cloudflare";
import { durableObjectStore } from "edge-key-value/adapters/durable-object";
import { compress } from "edge-key-value/wrappers/compress";

/** How long a page stays that nobody asks for. It also ends the pages of old builds. In seconds. */
export const PAGE_TTL = 30 * 86_400;

/** The store of the request that is running: Next makes the cache before there is one. Pages are spread over eight objects. */
const store = () => compress(durableObjectStore(getCloudflareContext().env.STORE, { name: "next", shards: 8 }));

/** A build never meets the pages of another. Paths can be long, and keys cannot. */
const entryOf = (key: string, type: CacheEntryType) =>
  [
    createHash("sha256").update(key).digest("hex"),
    { collection: `${process.env.OPEN_NEXT_BUILD_ID}/${type}` },
  ] as const;

interface Stored<Type extends CacheEntryType> {
  readonly value: CacheValue<Type>;
  readonly lastModified: number;
}

/** Where Next keeps pages and the results of `fetch` and `unstable_cache`. A store that fails is a cache that is empty. */
export const incrementalCache: IncrementalCache = {
  name: "edge-key-value",
  async get<Type extends CacheEntryType = "cache">(key: string, type?: Type) {
    try {
      return await store().get<Stored<Type>>(...entryOf(key, type ?? "cache"));
    } catch (error) {
      console.error("reading the cache", error);
      return null;
    }
  },
  async set(key, value, type) {
    const [hash, options] = entryOf(key, type ?? "cache");
    try {
      // As text and back: what is undefined in Next's objects is left out.
      const stored = JSON.parse(JSON.stringify({ value, lastModified: Date.now() }));
      await store().put(hash, stored, { ...options, ttl: PAGE_TTL });
    } catch (error) {
      console.error("writing the cache", error);
    }
  },
  async delete(key) {
    try {
      await store().delete(...entryOf(key, "cache"));
    } catch (error) {
      console.error("deleting from the cache", error);
    }
  },
};
