import { asCopy, asMissing, isMissing, original } from "../caching/copies.ts";
import { guarded, leased } from "../caching/fills.ts";
import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { several } from "../combinators/several.ts";
import { checkOptions } from "../core/checks.ts";
import type { AnyDriver, Awaitable, CapabilitiesOf, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { onRejection } from "../core/promises.ts";
import { toDriver } from "../core/store.ts";
import { lifetime } from "../core/times.ts";

/** Options of {@link cacheThrough}. */
export interface CacheThroughOptions {
  /** For how many seconds a copy is served at most. An entry that expires sooner is served until then. */
  readonly maxTtl: number;
  /**
   * For how many seconds it remembers that an entry is missing; no longer than `maxTtl`. A write through this store ends
   * that, and one that comes another way is only seen afterwards. Default: each such read asks the primary.
   */
  readonly negativeTtl?: number | undefined;
  /**
   * Fills the cache after the read has returned, such as `(promise) => ctx.waitUntil(promise)`. Default: the read waits until
   * the cache is filled.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
}

/**
 * Makes a store that reads from copies in a cache, and asks the primary once for all keys that have no copy. It
 * remembers that an entry is missing only where `negativeTtl` says so.
 *
 * A write reaches the primary first, then removes the copies; so does an atomic operation. Reads that belong to an atomic
 * operation go to the primary. The cache never makes a call fail: a copy that it fails to remove is served until `maxTtl`. Wrap
 * a cache that may hang in `timeout`. If it shares the primary's backend, give it names of its own, such as another prefix.
 *
 * The store is eventually consistent, even over a strong primary: another isolate may serve a copy from a cache in its memory
 * for `maxTtl` after a write. With one cache that all callers share and that has `swap`, a slow read does not bring back what
 * a write has replaced: a fill is then one swap a key. Without `swap`, a fill is one bulk write, and an old value can come back
 * for up to `maxTtl`.
 *
 * The store can destroy collections and everything where the cache can as well. Its other capabilities are the primary's.
 *
 * @throws TypeError when the cache is the primary itself.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { type WorkersKV, workersKVStore } from "edge-key-value/adapters/workers-kv";
 * import { cacheThrough } from "edge-key-value/wrappers/cache-through";
 *
 * const cache = memoryStore({ maxEntries: 1000 });
 *
 * export const storeOf = (env: { KV: WorkersKV }) => cacheThrough(workersKVStore(env.KV), cache, { maxTtl: 30 });
 * ```
 */
export function cacheThrough<P extends AsyncKeyValue, C extends AsyncKeyValue>(
  primary: P,
  cache: C,
  options: CacheThroughOptions,
): Wrapped<P, Exclude<"destroy" | "destroyCollection", CapabilitiesOf<C>>> {
  const { maxTtl, negativeTtl, waitUntil } = checkOptions(options, { waitUntil: "function" });
  const longest = lifetime(maxTtl ?? Number.NaN, "maxTtl");
  const negative = negativeTtl === undefined ? undefined : Math.min(longest, lifetime(negativeTtl, "negativeTtl"));
  const copies: AnyDriver = toDriver(cache);
  const fills = copies.swap ? leased(copies as Driver<"swap">) : guarded(copies);
  if (Object.is(cache, primary) || copies === toDriver(primary)) {
    throw new TypeError("the cache must be another store than the primary");
  }

  return wrap(primary, ({ destroy, destroyCollection, ...rest }) => {
    const able: AnyDriver = {
      ...rest,
      ...several([rest, copies]),
      consistency: "eventual",
      // The cache may drop copies, but it never drops entries.
      lossy: rest.lossy,
      ...(copies.destroy && destroy && { destroy }),
      ...(copies.destroyCollection && destroyCollection && { destroyCollection }),
    };

    /** Asks the primary, and removes the copies of everything that a call may have changed. */
    const first = intercept(able, async ({ operation, collection, keys, fresh }, proceed) => {
      if (operation === "cull" || operation.startsWith("list") || (operation === "read" && !fresh)) return proceed();
      try {
        return await proceed();
      } finally {
        // A call that failed may still have happened.
        fills.forget?.(collection, keys);
        await unlessItFails(() => {
          if (collection === undefined) return copies.destroy!();
          return keys ? copies.remove(collection, keys) : copies.destroyCollection!(collection);
        });
      }
    });

    /** Reads the missing entries from the primary, fills the cache with them, and adds them to `found`. */
    async function fill(
      collection: string,
      held: ReadonlyMap<string, Entry | undefined>,
      found: Map<string, Entry | undefined>,
    ) {
      const missing = [...found.keys()].filter((key) => !found.get(key) && !isMissing(held.get(key)));
      if (missing.length === 0) return;
      const seen = missing.map((key) => held.get(key));
      const finish = await unlessItFails(() => fills.begin(collection, missing, seen));
      const filling = new Map<string, Entry>();
      try {
        const began = Date.now();
        // Never `valueOnly`: a copy without its deadline would outlive the entry.
        for (const [i, entry] of (await first.read(collection, missing)).entries()) {
          found.set(missing[i]!, entry);
          const copy = entry && live(entry) ? asCopy(entry, began, longest) : negative && asMissing(began, negative);
          // A read that took longer than a copy lives leaves none.
          if (copy && live(copy)) filling.set(missing[i]!, copy);
        }
      } finally {
        const filled = unlessItFails(async () => finish?.(filling));
        try {
          if (waitUntil) onRejection(waitUntil(filled), () => {});
          else await filled;
        } catch {
          // Such as a `waitUntil` that was taken off its `ctx`: "Illegal invocation".
          await filled;
        }
      }
    }

    return {
      ...first,
      async read(collection, keys, how) {
        if (how?.fresh) return first.read(collection, keys, how);
        const answer = await unlessItFails(() => copies.read(collection, keys, { valueOnly: true }));
        if (!answer) return first.read(collection, keys, how);
        const held = new Map(keys.map((key, i) => [key, answer[i]]));
        const found = new Map(keys.map((key) => [key, original(held.get(key))]));
        await fill(collection, held, found);
        return keys.map((key) => found.get(key));
      },
    };
  });
}

/** Returns the result of a call to the cache, or `undefined` when it fails. */
async function unlessItFails<R>(call: () => Awaitable<R>): Promise<R | undefined> {
  try {
    return await call();
  } catch {
    return undefined;
  }
}
