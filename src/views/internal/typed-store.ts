import type { Capability, MethodNames } from "../../core/driver.ts";
import type {
  AtomicOptions,
  AtomicPutOptions,
  CapabilityMethods,
  CollectionOptions,
  PutOptions,
  ValueWithTtl,
  ValueWithVersion,
} from "../../core/protocol.ts";

/** Options of a typed `get` and `getMany`. */
export interface TypedGetOptions<Input> extends CollectionOptions {
  /** Read in place of a missing entry, as if it were stored. Default: the view's default. */
  readonly default?: Input | undefined;
}

/** The eight methods with the types of a schema: they take an `Input` and return an `Output`, or `Missing`. */
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

/** What `update` of a typed view takes: returns the next value, as {@link CapabilityMethods.update} says. */
export type TypedChange<Input, Output> = (
  value: Output | null,
) => Input | null | undefined | Promise<Input | null | undefined>;

/** The atomic operations with the types of a schema. */
export interface TypedAtomics<Input, Output> extends Pick<CapabilityMethods, "touch" | "deleteIfVersion"> {
  putIfAbsent(key: string, value: Input, options?: AtomicPutOptions): Promise<boolean>;
  take(key: string, options?: AtomicOptions): Promise<Output | null>;
  update(key: string, change: TypedChange<Input, Output>, options?: AtomicPutOptions): Promise<Output | null>;
  /** Adds to a number and returns the stored sum. A sum that the schema refuses is not written. */
  increment(key: string, by?: number, options?: AtomicPutOptions): Promise<number>;
  getWithVersion(key: string, options?: CollectionOptions): Promise<ValueWithVersion<Output> | null>;
  putIfVersion(key: string, value: Input, version: string | null, options?: PutOptions): Promise<string | null>;
}

/** What `typed` makes: the eight methods, the atomic ones if the store has them, and its other capabilities as they are. */
export type TypedStore<Input, Output, C extends Capability = never, Missing = null> = TypedKeyValue<
  Input,
  Output,
  Missing
> &
  ("swap" extends C ? TypedAtomics<Input, Output> : unknown) &
  Pick<CapabilityMethods, MethodNames[Exclude<C, "swap">]>;
