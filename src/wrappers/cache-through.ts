import { copyOf, original } from "../caching/copies.ts";
import { guarded, leased } from "../caching/fills.ts";
import { type AsyncKeyValue, intercept, type Wrapped, wrap } from "../combinators/index.ts";
import { several } from "../combinators/several.ts";
import { checkOptions } from "../core/checks.ts";
import type { AnyDriver, Awaitable, CapabilitiesOf, Driver } from "../core/driver.ts";
import { type Entry, live } from "../core/entry.ts";
import { toDriver } from "../core/store.ts";
import { lifetime } from "../core/times.ts";

/** Options of {@link cacheThrough}. */
export interface CacheThroughOptions {
  /** The most seconds that a copy is served; an entry that expires sooner is served until then. */
  readonly maxTtl: number;
  /** Lets copies be put into the cache after the answer, such as `(promise) => ctx.waitUntil(promise)`. Default: before. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
}

/**
 * A store that answers reads from copies in a cache and asks the primary for all that is missing there at once; that an
 * entry is missing is not cached. A write reaches the primary first, then its copies are removed; so do atomic
 * operations and the reads that belong to them. The cache never makes a call fail, but put it into `timeout` if it may
 * hang; a copy that it fails to remove is served until `maxTtl`. On the primary's backend it needs names of its own.
 *
 * A slow read does not bring back what a write has just replaced: of the same store object with any cache, of another
 * isolate when the cache has `swap` (then a fill is one swap a key, otherwise one bulk write). Whole collections and
 * the store can be destroyed where the cache can do so, too; the rest is the primary's.
 */
export function cacheThrough<P extends AsyncKeyValue, C extends AsyncKeyValue>(
  primary: P,
  cache: C,
  options: CacheThroughOptions,
): Wrapped<P, Exclude<"destroy" | "destroyCollection", CapabilitiesOf<C>>> {
  const { maxTtl, waitUntil } = checkOptions(options, { waitUntil: "function" });
  const longest = lifetime(maxTtl ?? Number.NaN, "maxTtl");
  const copies: AnyDriver = toDriver(cache);
  const fills = copies.swap ? leased(copies as Driver<"swap">) : guarded(copies);
  if (Object.is(cache, primary) || copies === toDriver(primary)) {
    throw new TypeError("the cache must be another store than the primary");
  }

  return wrap(primary, ({ destroy, destroyCollection, ...rest }) => {
    const able = {
      ...rest,
      ...several([rest, copies]),
      ...(copies.destroy && destroy && { destroy }),
      ...(copies.destroyCollection && destroyCollection && { destroyCollection }),
    };
    const first = intercept<AnyDriver>(able, async ({ operation, collection, keys, fresh }, proceed) => {
      if (operation === "cull" || operation.startsWith("list") || (operation === "read" && !fresh)) return proceed();
      try {
        return await proceed();
      } finally {
        // Whatever came of it: a call that failed may still have happened.
        fills.forget?.(collection, keys);
        if (collection === undefined) await attempt(() => copies.destroy!());
        else await attempt(() => (keys ? copies.remove(collection, keys) : copies.destroyCollection!(collection)));
      }
    });
    return {
      ...first,
      async read(collection, keys, how) {
        const answer = how?.fresh ? undefined : await attempt(() => copies.read(collection, keys, { valueOnly: true }));
        if (!answer) return first.read(collection, keys, how);
        const held = new Map(keys.map((key, i) => [key, answer[i]]));
        const found = new Map(keys.map((key) => [key, original(held.get(key))]));
        const missing = [...found.keys()].filter((key) => !found.get(key));
        if (missing.length > 0) {
          const seen = missing.map((key) => held.get(key));
          const fill = await attempt(() => fills.begin(collection, missing, seen));
          const filling = new Map<string, Entry>();
          try {
            // Never `valueOnly`: a copy without its deadline would outlive the entry.
            for (const [i, entry] of (await first.read(collection, missing)).entries()) {
              found.set(missing[i]!, entry);
              if (entry && live(entry)) filling.set(missing[i]!, copyOf(entry, longest));
            }
          } finally {
            const filled = attempt(async () => fill?.(filling));
            if (waitUntil) waitUntil(filled);
            else await filled;
          }
        }
        return keys.map((key) => found.get(key));
      },
    };
  });
}

/** What a call to the cache gives, or nothing when it fails. */
const attempt = <R>(call: () => Awaitable<R>): Promise<R | undefined> => (async () => call())().catch(() => undefined);
