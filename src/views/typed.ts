import { transform } from "../combinators/index.ts";
import { checkOptions, object, oneOf, refuse, strings } from "../core/checks.ts";
import type { AnyDriver, CapabilitiesOf, Driver } from "../core/driver.ts";
import type { Address } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { copyStored, type JsonValue, toJson } from "../core/json.ts";
import type {
  AsyncKeyValue,
  AtomicOptions,
  AtomicPutOptions,
  CollectionOptions,
  ValueWithTtl,
} from "../core/protocol.ts";
import { createStore, supports, toDriver } from "../core/store.ts";
import { type Issue, invalid, type StandardSchema } from "./internal/schema.ts";
import type { TypedAtomics, TypedChange, TypedGetOptions, TypedKeyValue, TypedStore } from "./internal/typed-store.ts";

export type { Issue, StandardSchema, TypedAtomics, TypedChange, TypedGetOptions, TypedKeyValue, TypedStore };

/** Options of {@link typed}. */
export interface TypedOptions<Input> {
  /** The collection to use when a call names none. Default: that of the store. */
  readonly collection?: string | undefined;
  /** What to do with a stored value that the schema refuses: throw, or treat the entry as missing. Default: `"throw"`. */
  readonly onInvalid?: "throw" | "miss" | undefined;
  /** What `get` and `getMany` read in place of a missing entry, as if it were stored. Default: they return `null`. */
  readonly default?: Input | undefined;
}

/**
 * Makes a view of a store whose values all fit a schema of any library that implements Standard Schema (zod, valibot,
 * arktype, …).
 *
 * The store keeps what was put, as JSON. The schema checks a value before anything is sent. Every read returns the schema's
 * output, with everything that it transforms, strips or fills in, so the output need not be JSON.
 *
 * A refused value is a KeyValueError with code `invalid_value`. Its message and its `cause`, a list of {@link Issue}, say
 * where and why, and never contain the value. With `onInvalid: "miss"` a stored value that does not fit is missing for every
 * read, and atomic operations may replace it; listings and deletes still know it. Anything that the schema itself throws is
 * passed on.
 *
 * A view is not an `AsyncKeyValue`, since it does not take every value: wrap the store first, then make the view.
 *
 * @throws TypeError when `schema` is not a Standard Schema.
 * @example
 * ```ts
 * import { memoryStore } from "edge-key-value";
 * import { typed } from "edge-key-value/views/typed";
 * import { z } from "zod";
 *
 * const User = z.object({ name: z.string(), visits: z.number().default(0) });
 * const users = typed(memoryStore(), User, { collection: "users" });
 * await users.put("alice", { name: "Alice" });
 * const alice = await users.get("alice"); // { name: string; visits: number } | null
 * ```
 */
export function typed<S extends AsyncKeyValue, Input, Output>(
  store: S,
  schema: StandardSchema<Input, Output>,
  options: TypedOptions<NoInfer<Input>> & { readonly default: NoInfer<Input> },
): TypedStore<Input, Output, CapabilitiesOf<S>, never>;
export function typed<S extends AsyncKeyValue, Input, Output>(
  store: S,
  schema: StandardSchema<Input, Output>,
  options?: TypedOptions<NoInfer<Input>>,
): TypedStore<Input, Output, CapabilitiesOf<S>>;
export function typed<S extends AsyncKeyValue, Input, Output>(
  store: S,
  schema: StandardSchema<Input, Output>,
  options: TypedOptions<Input> = {},
): unknown {
  const { collection = store.defaultCollection, onInvalid = "throw", ...rest } = checkOptions(options);
  if (typeof schema?.["~standard"]?.validate !== "function") refuse("schema", "a Standard Schema", schema);
  oneOf(onInvalid, "onInvalid", ["throw", "miss"]);
  const fallback = rest.default === undefined ? undefined : toJson(rest.default);
  const driver = toDriver(store) as AnyDriver;

  /** Returns what the schema makes of a copy of a value. */
  async function parse(value: JsonValue, address: Address): Promise<Output> {
    const result = await schema["~standard"].validate(copyStored(value, { store: driver.name, ...address }));
    if (result.issues) throw invalid(value, result.issues, { store: driver.name, ...address });
    return result.value;
  }

  /** Returns `undefined` for the failure of a value that does not fit, if such values count as missing. */
  function missing(error: unknown): undefined {
    if (onInvalid === "throw" || !(error instanceof KeyValueError) || error.code !== "invalid_value") throw error;
  }

  const checked = transform(driver, {
    encode: (entry, address) => parse(entry.value, address).then(() => entry),
    decode: (entry, address) => parse(entry.value, address).then(() => entry, missing),
  });
  const inner = createStore(
    // Only atomic operations need a checked value before they write. Other reads check it once, on its way out.
    { ...checked, read: (at, keys, how) => (how?.fresh ? checked : driver).read(at, keys, how) } as Driver<"swap">,
    { defaultCollection: collection },
  );

  /** Returns the result of a read. A missing value is replaced by `own`, if there is one. */
  async function output(value: unknown, key: string, options: CollectionOptions = {}, own?: unknown) {
    const address = { collection: options.collection ?? inner.defaultCollection ?? "", key };
    const found =
      value === null ? undefined : await parse(value as JsonValue, address).then((value) => ({ value }), missing);
    if (found) return found.value;
    return own === undefined ? null : parse(toJson(own), address);
  }

  /** Returns the result of a read of a value with its TTL or version. */
  async function outputOf(found: ValueWithTtl<unknown> | null, key: string, options?: CollectionOptions) {
    const value = found && (await output(found.value, key, options));
    return value === null ? null : { ...found, value };
  }

  return {
    ...inner,
    get: async (key: string, given: TypedGetOptions<Input> = {}) => {
      const { default: own, ...options } = object(given);
      return output(await inner.get(key, options), key, options, own ?? fallback);
    },
    async getMany(keys: readonly string[], given: TypedGetOptions<Input> = {}) {
      const { default: own, ...options } = object(given);
      // The caller may change its list while the store reads.
      const asked = strings(keys);
      const values = await inner.getMany(asked, options);
      return Promise.all(values.map((value, i) => output(value, asked[i]!, options, own ?? fallback)));
    },
    ttl: async (key: string, options?: CollectionOptions) => outputOf(await inner.ttl(key, options), key, options),
    async ttlMany(keys: readonly string[], options?: CollectionOptions) {
      const asked = strings(keys);
      const found = await inner.ttlMany(asked, options);
      return Promise.all(found.map((one, i) => outputOf(one, asked[i]!, options)));
    },
    ...(supports(inner, "swap") && {
      take: async (key: string, options?: AtomicOptions) => output(await inner.take(key, options), key, options),
      update: async (key: string, change: TypedChange<Input, Output>, options?: AtomicPutOptions) => {
        if (typeof change !== "function") refuse("change", "a function", change);
        const stored = await inner.update(key, async (value) => change(await output(value, key, options)), options);
        return output(stored, key, options);
      },
      getWithVersion: async (key: string, options?: CollectionOptions) =>
        outputOf(await inner.getWithVersion(key, options), key, options),
    }),
  };
}
