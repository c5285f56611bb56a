import { type Place, stamp } from "./caching/stamps.ts";
import { checkedTags } from "./caching/tags.ts";
import { checkOptions, refuse } from "./core/checks.ts";
import { KeyValueError } from "./core/errors.ts";
import type { AsyncKeyValue } from "./core/protocol.ts";
import { toDriver } from "./core/store.ts";

export { pathTags } from "./caching/tags.ts";

/** The part of Cloudflare's `ctx.cache` that is used. */
export interface WorkersCache {
  purge(options: { tags: string[] }): Promise<{ readonly success: boolean }>;
  invalidate(options: { tags: string[] }): Promise<{ readonly success: boolean }>;
}

/** Options of {@link invalidateTags}. */
export interface InvalidateTagsOptions {
  /**
   * Whether results become stale instead of unusable: a call still returns the old one, while one caller makes the next.
   * Default: `false`.
   */
  readonly soft?: boolean | undefined;
  /** Cloudflare's cache in front of the Worker, `ctx.cache`, where the same tags are invalidated. Default: none. */
  readonly cache?: WorkersCache | undefined;
}

/**
 * Invalidates all results of `cached` and responses of `cachedResponse` that have one of these tags, from anywhere.
 *
 * On a strongly consistent store, no call that begins afterwards returns one of them, in whichever isolate. It leaves one
 * stamp for each tag in the default collection of the store, for 30 days, and looks for no results.
 *
 * @param store The store of the results, or their `tagStore`.
 * @throws TypeError when an argument is of the wrong type.
 * @throws KeyValueError when the store fails, or `backend` when Cloudflare's cache does not accept the tags.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { cached } from "edge-key-value/cached";
 * import { invalidateTags } from "edge-key-value/cache-tags";
 *
 * const store = memoryStore();
 * const names = new Map([[7, "Ada"]]);
 * const nameOf = cached(store, async (id: number) => names.get(id), {
 *   key: String,
 *   ttl: 3600,
 *   tags: (_, id) => ["users", `user:${id}`],
 * });
 *
 * await nameOf(7); // => "Ada"
 * names.set(7, "Grace");
 * await invalidateTags(store, ["user:7"]);
 * await nameOf(7); // => "Grace"
 * ```
 */
export async function invalidateTags(
  store: AsyncKeyValue,
  tags: readonly string[],
  options: InvalidateTagsOptions = {},
): Promise<void> {
  const { soft = false, cache } = checkOptions(options, { soft: "boolean" });
  const method = soft ? "invalidate" : "purge";
  if (cache !== undefined && typeof cache?.[method] !== "function")
    refuse("cache", `an object with ${method}()`, cache);
  const names = checkedTags(tags);
  const place: Place = { driver: toDriver(store), collection: store.defaultCollection ?? "default_collection" };
  if (names.length === 0) return;
  await stamp(place, names, soft);
  // Afterwards: the cache in front would keep what it gets from here in between.
  if (cache) await inFront(cache, method, names);
}

async function inFront(cache: WorkersCache, method: keyof WorkersCache, tags: string[]): Promise<void> {
  let cause: unknown;
  try {
    const done = await cache[method]({ tags });
    if (done?.success !== false) return;
  } catch (error) {
    cause = error;
  }
  throw new KeyValueError("backend", "ctx.cache did not accept the tags", { cause });
}
