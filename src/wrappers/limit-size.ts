import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { narrower } from "../combinators/several.ts";
import { utf8 } from "../core/bytes.ts";
import { checkOptions, count, oneOf } from "../core/checks.ts";
import type { Entry } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { together } from "../core/together.ts";

/** Options of {@link limitSize}. The size of a value is that of its compact JSON in UTF-8. */
export interface LimitSizeOptions {
  /** The fewest bytes of a value. Default: no limit. */
  readonly minBytes?: number | undefined;
  /** The most bytes of a value. Default: no limit. */
  readonly maxBytes?: number | undefined;
  /** What a put of a smaller value does: `"throw"`, or `"skip"`, which stores nothing. Default: `"skip"`. */
  readonly tooSmall?: "skip" | "throw" | undefined;
  /** What a put of a larger value does. Default: `"throw"`. */
  readonly tooLarge?: "skip" | "throw" | undefined;
}

/**
 * Makes a store that takes only values of certain sizes. It throws `too_large` or `too_small` before it sends anything of a
 * bulk.
 *
 * A put that is skipped removes the entry under the key, so nobody reads a stale value. Atomic operations always throw, and
 * take a read and a swap: the size of their result has to be known before it is written.
 *
 * @throws TypeError when `minBytes` is above `maxBytes`.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { limitSize } from "edge-key-value/wrappers/limit-size";
 *
 * const store = limitSize(memoryStore(), { maxBytes: 100_000 });
 * await store.put("small", "fits");
 * ```
 */
export function limitSize<S extends AsyncKeyValue>(store: S, options: LimitSizeOptions): Wrapped<S> {
  checkOptions(options);
  const { minBytes = 0, maxBytes = Number.POSITIVE_INFINITY, tooSmall = "skip", tooLarge = "throw" } = options;
  count(minBytes, "minBytes", 0);
  count(options.maxBytes, "maxBytes");
  oneOf(tooSmall, "tooSmall", ["skip", "throw"]);
  oneOf(tooLarge, "tooLarge", ["skip", "throw"]);
  if (minBytes > maxBytes) throw new TypeError("minBytes must not be above maxBytes");

  /** Describes the problem with the size of a value, if there is one. */
  function misfit({ value }: Entry): { code: "too_small" | "too_large"; size: number; limit: number } | undefined {
    const json = JSON.stringify(value);
    // A character of a string takes one to three bytes, so most values need not be encoded to know that they fit.
    if (json.length >= minBytes && json.length * 3 <= maxBytes) return undefined;
    const size = utf8(json).length;
    if (size < minBytes) return { code: "too_small", size, limit: minBytes };
    if (size > maxBytes) return { code: "too_large", size, limit: maxBytes };
    return undefined;
  }

  return wrap(store, (driver) => {
    /** Whether an entry fits; throws if it does not and is not to be skipped. */
    function fits(collection: string, key: string, entry: Entry, maySkip: boolean): boolean {
      const found = misfit(entry);
      if (!found) return true;
      const { code, size, limit } = found;
      if (maySkip && (code === "too_small" ? tooSmall : tooLarge) === "skip") return false;
      const details = { store: driver.name, collection, key, size, limit };
      throw new KeyValueError(code, `the value has ${size} bytes, the limit is ${limit}`, details);
    }
    return {
      ...driver,
      operations: undefined,
      apply: undefined,
      limits: narrower(driver.limits, { valueBytes: options.maxBytes }),
      async write(collection, items) {
        const kept = new Map(items.filter(([key, entry]) => fits(collection, key, entry, true)));
        if (kept.size === items.length) return await driver.write(collection, items);
        const skipped = items.map(([key]) => key).filter((key) => !kept.has(key));
        await together<unknown>([
          [[...kept.keys()], () => driver.write(collection, [...kept])],
          [skipped, () => driver.remove(collection, skipped)],
        ]);
      },
      ...(driver.swap && {
        async swap(collection, key, expected, next) {
          if (next) fits(collection, key, next, false);
          return driver.swap!(collection, key, expected, next);
        },
      }),
    };
  });
}
