import { transform } from "../combinators/index.ts";
import { checkOptions, oneOf } from "../core/checks.ts";
import type { AnyDriver, CapabilitiesOf, Capability, Driver, MethodNames } from "../core/driver.ts";
import type { Address } from "../core/entry.ts";
import { KeyValueError } from "../core/errors.ts";
import { toJson } from "../core/json.ts";
import type {
  AsyncKeyValue,
  AtomicOptions,
  AtomicPutOptions,
  CapabilityMethods,
  CollectionOptions,
  PutOptions,
  ValueWithTtl,
} from "../core/protocol.ts";
import { createStore, supports, toDriver } from "../core/store.ts";
import { type Issue, invalid, type StandardSchema } from "./internal/schema.ts";

export type { Issue, StandardSchema };

/** Options of {@link typed}. */
export interface TypedOptions<Input> {
  /** The collection that is used where a call names none. Default: that of the store. */
  readonly collection?: string | undefined;
  /** What a stored value is that the schema refuses: an error, or missing. Default: `"throw"`. */
  readonly onInvalid?: "throw" | "miss" | undefined;
  /** What `get` and `getMany` take for missing entries, as if it was stored. Default: they answer `null`. */
  readonly default?: Input | undefined;
}

/** Options of a typed `get` and `getMany`. */
export interface TypedGetOptions<Input> extends CollectionOptions {
  /** Taken in place of a missing entry, as if it was stored; comes before the view's default. */
  readonly default?: Input | undefined;
}

/** The eight methods with the types of a schema: what is put is `Input`, what is read is `Output` or `Missing`. */
export interface TypedKeyValue<Input, Output, Missing = null> {
  get(key: string, options: { readonly default: Input } & CollectionOptions): Promise<Output>;
  get(key: string, options?: TypedGetOptions<Input>): Promise<Output | Missing>;
  getMany(keys: readonly string[], options: { readonly default: Input } & CollectionOptions): Promise<Output[]>;
  getMany(keys: readonly string[], options?: TypedGetOptions<Input>): Promise<(Output | Missing)[]>;
  ttl(key: string, options?: CollectionOptions): Promise<ValueWithTtl<Output> | null>;
  ttlMany(keys: readonly string[], options?: CollectionOptions): Promise<(ValueWithTtl<Output> | null)[]>;
  put(key: string, value: Input, options?: PutOptions): Promise<void>;
  putMany(entries: Iterable<readonly [key: string, value: Input]>, options?: PutOptions): Promise<void>;
  delete(key: string, options?: CollectionOptions): Promise<boolean>;
  deleteMany(keys: readonly string[], options?: CollectionOptions): Promise<number>;
}

/** What `update` of a typed view takes: makes the next value of what is there, as {@link CapabilityMethods.update} says. */
export type TypedChange<Input, Output> = (
  value: Output | null,
) => Input | null | undefined | Promise<Input | null | undefined>;

/** The atomic operations with the types of a schema; `update` gets an `Output` and returns an `Input`. */
export interface TypedAtomics<Input, Output> {
  putIfAbsent(key: string, value: Input, options?: AtomicPutOptions): Promise<boolean>;
  take(key: string, options?: AtomicOptions): Promise<Output | null>;
  update(key: string, change: TypedChange<Input, Output>, options?: AtomicPutOptions): Promise<Output | null>;
  /** Adds to a number and answers what is stored then. A sum that the schema refuses is not written. */
  increment(key: string, by?: number, options?: AtomicPutOptions): Promise<number>;
}

/** What {@link typed} makes: the eight methods, the atomic ones if the store has them, and its other capabilities as they are. */
export type TypedStore<Input, Output, C extends Capability = never, Missing = null> = TypedKeyValue<
  Input,
  Output,
  Missing
> &
  ("swap" extends C ? TypedAtomics<Input, Output> : unknown) &
  Pick<CapabilityMethods, MethodNames[Exclude<C, "swap">]>;

/**
 * A view of a store whose values all fit a schema of any library that speaks Standard Schema (zod, valibot, arktype, …).
 *
 * Stored is what was put, JSON as ever; the schema checks it before anything is sent, and makes the result of every
 * read of it, with whatever it transforms, strips or fills in. So what it makes need not be JSON.
 *
 * A refused value is a KeyValueError `invalid_value`; its message and its `cause`, a list of {@link Issue}, say where and
 * why, and never what. With `onInvalid: "miss"` a stored value that does not fit counts as missing everywhere, and
 * atomic operations may replace it. What the schema itself throws is passed on.
 *
 * A view is not an `AsyncKeyValue`, since it cannot hold any value: wrap the store first.
 *
 * @throws TypeError when the schema is none.
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
  const { validate } = schema?.["~standard"] ?? {};
  if (typeof validate !== "function") throw new TypeError("schema must be a Standard Schema");
  oneOf(onInvalid, "onInvalid", ["throw", "miss"]);
  const fallback = rest.default === undefined ? undefined : toJson(rest.default);
  const driver = toDriver(store) as AnyDriver;

  /** What the schema makes of a copy of a value. */
  async function parse(value: unknown, address: Address): Promise<Output> {
    const result = await schema["~standard"].validate(toJson(value));
    if (result.issues) throw invalid(value, result.issues, { store: driver.name, ...address });
    return result.value;
  }

  /** Takes a stored value that does not fit for missing, where that is wanted. */
  function missing(error: unknown): undefined {
    if (onInvalid === "throw" || !(error instanceof KeyValueError) || error.code !== "invalid_value") throw error;
  }

  /** The result of a read; `own` in place of what is missing. */
  async function output(value: unknown, key: string, options: CollectionOptions = {}, own?: unknown) {
    const address = { collection: options.collection ?? inner.defaultCollection ?? "", key };
    const found = value === null ? undefined : await parse(value, address).then((value) => ({ value }), missing);
    return found ? found.value : own === undefined ? null : parse(own, address);
  }

  async function outputWithTtl(found: ValueWithTtl<unknown> | null, key: string, options?: CollectionOptions) {
    const value = found && (await output(found.value, key, options));
    return value === null ? null : { value, ttl: found?.ttl };
  }

  const checked = transform(driver, {
    encode: (entry, address) => parse(entry.value, address).then(() => entry),
    decode: (entry, address) => parse(entry.value, address).then(() => entry, missing),
  });
  const inner = createStore(
    // Only atomic operations have to know before they write; other reads are checked once, on their way out.
    { ...checked, read: (at, keys, how) => (how?.fresh ? checked : driver).read(at, keys, how) } as Driver<"swap">,
    { defaultCollection: collection },
  );

  return {
    ...inner,
    get: async (key: string, options?: TypedGetOptions<Input>) =>
      output(await inner.get(key, options), key, options, options?.default ?? fallback),
    async getMany(keys: readonly string[], options?: TypedGetOptions<Input>) {
      const values = await inner.getMany(keys, options);
      return Promise.all(values.map((value, i) => output(value, keys[i]!, options, options?.default ?? fallback)));
    },
    ttl: async (key: string, options?: CollectionOptions) => outputWithTtl(await inner.ttl(key, options), key, options),
    async ttlMany(keys: readonly string[], options?: CollectionOptions) {
      const found = await inner.ttlMany(keys, options);
      return Promise.all(found.map((one, i) => outputWithTtl(one, keys[i]!, options)));
    },
    ...(supports(inner, "swap") && {
      take: async (key: string, options?: AtomicOptions) => output(await inner.take(key, options), key, options),
      update: async (key: string, change: TypedChange<Input, Output>, options?: AtomicPutOptions) => {
        if (typeof change !== "function") throw new TypeError("change must be a function");
        const stored = await inner.update(key, async (value) => change(await output(value, key, options)), options);
        return output(stored, key, options);
      },
    }),
  };
}
