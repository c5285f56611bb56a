import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { toBytes } from "../core/bytes.ts";
import { checkOptions, count, oneOf } from "../core/checks.ts";
import type { Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { together } from "../core/together.ts";

/** Options of {@link limitSize}. A size is that of the value as compact JSON in UTF-8. */
export interface LimitSizeOptions {
  /** The least bytes of a value. Default: no limit. */
  readonly minBytes?: number | undefined;
  /** The most bytes of a value. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** What a put of a smaller value does: `"throw"`, or `"skip"`, which stores nothing. Default: `"skip"`. */
  readonly tooSmall?: "skip" | "throw" | undefined;
  /** What a put of a larger value does. Default: `"throw"`. */
  readonly tooLarge?: "skip" | "throw" | undefined;
}

/**
 * A store that takes values of some sizes only, and throws `too_large` or `too_small` before anything of a bulk is sent.
 * A put that is skipped removes what was under the key, so that nobody reads a stale value. Atomic operations always throw.
 */
export function limitSize<S extends AsyncKeyValue>(store: S, options: LimitSizeOptions): Wrapped<S> {
  checkOptions(options);
  const { minBytes = 0, maxBytes = Number.POSITIVE_INFINITY, tooSmall = "skip", tooLarge = "throw" } = options;
  count(minBytes, "minBytes", 0);
  count(options.maxBytes, "maxBytes");
  oneOf(tooSmall, "tooSmall", ["skip", "throw"]);
  oneOf(tooLarge, "tooLarge", ["skip", "throw"]);
  if (minBytes > maxBytes) throw new TypeError("minBytes must not be above maxBytes");
  return wrap(store, (driver) => {
    const least = Math.min(maxBytes, driver.limits?.valueBytes ?? maxBytes);
    function fits(collection: string, key: string, { value }: Entry, always = false): boolean {
      const size = toBytes(value).length;
      if (size >= minBytes && size <= maxBytes) return true;
      if (!always && (size < minBytes ? tooSmall : tooLarge) === "skip") return false;
      const [code, limit] = size < minBytes ? (["too_small", minBytes] as const) : (["too_large", maxBytes] as const);
      const details = { store: driver.name, collection, key, size, limit };
      throw new KeyValueError(code, `the value has ${size} bytes, the limit is ${limit}`, details);
    }
    return {
      ...driver,
      // What an operation writes has a size that only a swap shows.
      operations: undefined,
      apply: undefined,
      limits: { ...driver.limits, valueBytes: Number.isFinite(least) ? least : undefined },
      async write(collection, items) {
        const kept = new Map(items.filter(([key, entry]) => fits(collection, key, entry)));
        const skipped = items.map(([key]) => key).filter((key) => !kept.has(key));
        await together<unknown>([
          [[...kept.keys()], () => driver.write(collection, [...kept])],
          [skipped, () => driver.remove(collection, skipped)],
        ]);
      },
      ...(driver.swap && {
        async swap(collection, key, expected, next) {
          if (next) fits(collection, key, next, true);
          return driver.swap!(collection, key, expected, next);
        },
      }),
    };
  });
}
