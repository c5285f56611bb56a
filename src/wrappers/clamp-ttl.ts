import { type AsyncKeyValue, transform, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions } from "../core/checks.ts";
import type { Entry } from "../core/entry.ts";
import { lifetime } from "../core/times.ts";

/** Options of {@link clampTtl}, in seconds. */
export interface ClampTtlOptions {
  /** The shortest life of an entry, from its creation on. Default: none. */
  readonly min?: number | undefined;
  /** The longest TTL. Entries without a TTL are left alone: see `missing`. Default: none. */
  readonly max?: number | undefined;
  /** The TTL of an entry that is written without one. Default: it never expires. */
  readonly missing?: number | undefined;
}

/**
 * Makes a store that keeps the TTLs of what is written within bounds. An update that keeps its entry's deadline still does.
 *
 * With `max` or `missing`, entries may end sooner than their writer asked for, so locks refuse the store.
 *
 * @throws KeyValueError `invalid_ttl` when a bound is not a positive finite number.
 * @throws TypeError when `min` is above `max`.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { clampTtl } from "edge-key-value/wrappers/clamp-ttl";
 *
 * const store = clampTtl(memoryStore(), { max: 3600, missing: 60 });
 * await store.put("k", 1); // lives for a minute
 * ```
 */
export function clampTtl<S extends AsyncKeyValue>(store: S, options: ClampTtlOptions): Wrapped<S> {
  checkOptions(options);
  const min = lifetime(options.min, "min") ?? 0;
  const max = lifetime(options.max, "max") ?? Number.POSITIVE_INFINITY;
  const missing = lifetime(options.missing, "missing");
  if (min > max) throw new TypeError("min must not be above max");
  const endsEarly = options.max !== undefined || missing !== undefined;

  function deadlineOf({ createdAt = 0, expiresAt }: Entry): number | undefined {
    const now = Date.now();
    const asked = expiresAt ?? (missing === undefined ? undefined : now + missing);
    if (asked === undefined) return undefined;
    // From the creation on: otherwise a counter that is updated near its end would live longer each time.
    return Math.min(now + max, Math.max(createdAt + min, asked));
  }

  return wrap(store, (driver) => ({
    ...transform(driver, {
      encode(entry) {
        const expiresAt = deadlineOf(entry);
        // `keepsDeadline` only stays with a deadline that has not moved.
        return expiresAt === entry.expiresAt ? entry : { ...entry, expiresAt, keepsDeadline: undefined };
      },
      decode: (entry) => entry,
    }),
    lossy: endsEarly || driver.lossy,
  }));
}
