import { type AsyncKeyValue, transform, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions } from "../core/checks.ts";
import { lifetime } from "../core/times.ts";

/** Options of {@link clampTtl}, in seconds. */
export interface ClampTtlOptions {
  /** The shortest life of an entry, from its creation on. Default: none. */
  readonly min?: number | undefined;
  /** The longest TTL. It does not touch entries without one: see `missing`. Default: none. */
  readonly max?: number | undefined;
  /** The TTL of an entry that is written without one. Default: it never expires. */
  readonly missing?: number | undefined;
}

/**
 * A store that keeps the TTL of what is written within bounds. An update that keeps its entry's deadline still does.
 *
 * @throws KeyValueError `invalid_ttl` when a bound is not a positive finite number.
 */
export function clampTtl<S extends AsyncKeyValue>(store: S, options: ClampTtlOptions): Wrapped<S> {
  checkOptions(options);
  const min = lifetime(options.min, "min") ?? 0;
  const max = lifetime(options.max, "max") ?? Number.POSITIVE_INFINITY;
  const missing = lifetime(options.missing, "missing");
  if (min > max) throw new TypeError("min must not be above max");
  return wrap(store, (driver) =>
    transform(driver, {
      encode(entry) {
        const now = Date.now();
        const { createdAt = 0, expiresAt = missing && now + missing } = entry;
        // From the creation on, so that an update near the end, as of a counter, does not make the entry live longer.
        return { ...entry, expiresAt: expiresAt && Math.min(now + max, Math.max(createdAt + min, expiresAt)) };
      },
      decode: (entry) => entry,
    }),
  );
}
