import type { NextModeTagCache } from "@opennextjs/aws/types/overrides.js";
import { getCloudflareContext } from "@opennextjs/cloudflare";
import { durableObjectStore } from "edge-key-value/adapters/durable-object";
import { PAGE_TTL } from "./incremental-cache.ts";

/** When a tag was last revalidated, in milliseconds since 1970. */
interface Stamp {
  readonly at: number;
  /** Until then, pages that are older may be served while they are made anew. Without it, they are gone. */
  readonly expire?: number;
}

const store = () => durableObjectStore(getCloudflareContext().env.STORE, { name: "next-tags" });
/** A stamp outlives all pages that are older. */
const options = { collection: "tags", ttl: PAGE_TTL + 86_400 };

async function stampsOf(tags: string[]): Promise<Stamp[]> {
  if (tags.length === 0) return [];
  const found = await store()
    .getMany<Stamp>([...new Set(tags)], options)
    .catch((error) => {
      // OpenNext treats the page as missing, and says nothing.
      console.error("reading the tags", error);
      throw error;
    });
  return found.filter((stamp) => stamp !== null);
}

const isGone = ({ at, expire }: Stamp, made: number, now: number) =>
  expire === undefined ? at > made : expire <= now && expire > made;

/** Where Next looks whether a page is older than the last `revalidateTag`. A failure reaches Next, so no old page is served. */
export const tagCache: NextModeTagCache = {
  mode: "nextMode",
  name: "edge-key-value",
  async getLastRevalidated(tags) {
    return Math.max(0, ...(await stampsOf(tags)).map(({ at }) => at));
  },
  async hasBeenRevalidated(tags, lastModified = Date.now()) {
    const now = Date.now();
    return (await stampsOf(tags)).some((stamp) => isGone(stamp, lastModified, now));
  },
  async isStale(tags, lastModified = Date.now()) {
    const now = Date.now();
    return (await stampsOf(tags)).some((stamp) => stamp.at > lastModified && !isGone(stamp, lastModified, now));
  },
  async writeTags(tags) {
    const now = Date.now();
    await Promise.all(
      tags.map((written) => {
        const { tag, stale = now, expire } = typeof written === "string" ? { tag: written } : written;
        const stamp: Stamp = { at: stale, ...(expire !== undefined && { expire }) };
        // Of two writers at the same moment, the later time stays.
        return store().update<Stamp>(tag, (kept) => (kept && kept.at > stamp.at ? kept : stamp), options);
      }),
    );
  },
};
