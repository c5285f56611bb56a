import { type AsyncKeyValue, type Wrapped, wrap } from "../combinators/index.ts";
import { checkOptions } from "../core/checks.ts";
import { live } from "../core/entry.ts";
import { toJson } from "../core/json.ts";
import { lifetime } from "../core/times.ts";

/** Options of {@link defaultValue}. */
export interface DefaultValueOptions {
  /** The seconds that the default says it has left. Default: it never expires. */
  readonly ttl?: number | undefined;
}

/**
 * A store that answers reads of missing entries with a fresh copy of a default, without storing it. Listings and deletes
 * know only what is there. It has no atomic operations: what they find to be missing would be a lie in one of two places.
 *
 * @throws KeyValueError `not_serializable` or `invalid_ttl`, at once.
 */
export function defaultValue<S extends AsyncKeyValue>(
  store: S,
  value: unknown,
  options: DefaultValueOptions = {},
): Wrapped<S, "swap"> {
  const [copy, life] = [toJson(value), lifetime(checkOptions(options).ttl, "ttl")];
  return wrap(store, ({ swap: _1, apply: _2, ...driver }) => ({
    ...driver,
    async read(collection, keys, options) {
      const entries = await driver.read(collection, keys, options);
      const createdAt = Date.now();
      return entries.map((entry) => live(entry) ?? { value: copy, createdAt, expiresAt: life && createdAt + life });
    },
  }));
}
