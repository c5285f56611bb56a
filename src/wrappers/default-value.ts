import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions } from "../core/checks.ts";
import { live } from "../core/entry.ts";
import { toJson } from "../core/json.ts";
import { lifetime } from "../core/times.ts";

/** Options of {@link defaultValue}. */
export interface DefaultValueOptions {
  /** The TTL that reads report for the default, in seconds. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/**
 * Makes a store that returns a fresh copy of a default for a missing entry, without storing it.
 *
 * To code that looks whether an entry is there before it writes one, such as `seed` and `copy`, the entry is missing.
 *
 * Listings and deletes only know stored entries. There are no atomic operations: to `putIfAbsent` the entry would be missing,
 * to `get` it would not.
 *
 * @throws KeyValueError `not_serializable` or `invalid_ttl`, at once.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { defaultValue } from "edge-key-value/wrappers/default-value";
 *
 * const settings = defaultValue(memoryStore(), { theme: "light" });
 * await settings.get("alice"); // => { theme: "light" }
 * ```
 */
export function defaultValue<S extends AsyncKeyValue>(
  store: S,
  value: unknown,
  options: DefaultValueOptions = {},
): Wrapped<S, "swap"> {
  const copy = toJson(value);
  const life = lifetime(checkOptions(options).ttl, "ttl");
  return wrap(store, ({ swap: _1, apply: _2, operations: _3, ...driver }) => ({
    ...driver,
    async read(collection, keys, options) {
      const entries = await driver.read(collection, keys, options);
      if (options?.fresh) return entries;
      const createdAt = Date.now();
      const expiresAt = life === undefined ? undefined : createdAt + life;
      return entries.map((entry) => live(entry) ?? { value: copy, createdAt, expiresAt });
    },
  }));
}
