import type { Address, Entry } from "./entry.ts";
import type { JsonValue } from "./json.ts";
import type { Operation } from "./operation.ts";
import type { AsyncKeyValue, CapabilityMethods, Page } from "./protocol.ts";

/** A value, or a promise of it: a driver that needs no I/O may answer at once. */
export type Awaitable<T> = T | PromiseLike<T>;

/** The outcome of a `swap`: the new version (of a removal any string), or the live entry that is there instead. */
export type SwapResult =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly current?: Entry | undefined };

/** Applies an operation to the live entry under a key and returns its result. */
export type Apply = <A extends JsonValue, R extends JsonValue>(
  collection: string,
  key: string,
  operation: Operation<A, R>,
  args: A,
) => Awaitable<R>;

/** Returns the entry that takes the place of another: the same one leaves it alone, `undefined` removes it. */
export type Change = (entry: Entry | undefined) => Awaitable<Entry | undefined>;

/** Changes the live entry at an address by a function, and returns the entry afterwards. */
export type Modify = (
  driver: Driver<"swap">,
  address: Address,
  change: Change,
  signal?: AbortSignal | undefined,
) => Promise<Entry | undefined>;

/** What the caller of `read` wants or can do without. */
export interface ReadOptions {
  /** Go past every cache and fallback, to what a `swap` will be held against. */
  readonly fresh?: boolean | undefined;
  /** Only the values matter: an entry may come without its times and version, so it must not be kept or written. */
  readonly valueOnly?: boolean | undefined;
}

/** A page request as a driver gets it: `limit` is a positive integer and a hard maximum. */
export interface DriverPage {
  readonly prefix?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * What every backend implements: a plain object of functions that do not use `this`, so that it can be spread.
 *
 * `createStore` has checked every argument: lists are not empty, values are JSON, and keys are distinct, except that a
 * read may ask for one twice. A driver turns the failures of its backend into `KeyValueError`.
 */
export interface BaseDriver {
  /** A short name for messages, such as `"memory"`. */
  readonly name: string;
  /** `strong`: a read sees every write that finished before it, from anywhere. `eventual`: sooner or later. */
  readonly consistency: "strong" | "eventual";
  /** In bytes, what the driver checks before it calls the backend. */
  readonly limits?: { readonly keyBytes?: number | undefined; readonly valueBytes?: number | undefined } | undefined;
  /** The wrappers that put values into another form, outermost first, such as `["compress", "encrypt"]`. */
  readonly codecs?: readonly string[] | undefined;
  /**
   * Whether a `swap` whose reply was lost may be called again with the same arguments: one that has happened then still
   * answers `ok`. Left out where that is not so, or not known.
   */
  readonly repeatableSwap?: true | undefined;
  /**
   * May drop entries that have not expired, such as a memory with room for so many. Locks refuse it.
   */
  readonly lossy?: true | undefined;
  /** Listings may name something on more than one page, so iterators have to remember what they have named. */
  readonly repeatsNames?: true | undefined;
  /** The names of the operations that {@link BaseDriver.apply} knows. Of a driver with `swap` alone. */
  readonly operations?: { has(name: string): boolean } | undefined;
  /**
   * Applies an operation to the live entry under a key, in one atomic call: what `operation.run` says, by the clock of the
   * backend where it has one. A backend that cannot run it knows it by its name.
   */
  apply?: Apply | undefined;
  /**
   * Makes a change that the backend cannot make in one call. Default: read the entry and swap it, for each caller alone. A
   * driver across a network can pass `combineChanges`.
   */
  readonly modify?: Modify | undefined;
  /**
   * Reads entries, aligned with `keys`. A driver that can tell leaves out expired ones.
   *
   * Where the backend has a clock that all callers share, that clock decides, and deadlines travel as the time that is
   * left: `expiresAt` is then `Date.now()` plus that time.
   */
  read(collection: string, keys: readonly string[], options?: ReadOptions): Awaitable<readonly (Entry | undefined)[]>;
  /** Writes whole entries. One whose deadline has passed removes what is there. */
  write(collection: string, items: readonly (readonly [key: string, entry: Entry])[]): Awaitable<void>;
  /** Removes entries and counts those that had not expired. */
  remove(collection: string, keys: readonly string[]): Awaitable<number>;
  /** Ends what the driver itself opened, never a client that was handed in. */
  close?(): Awaitable<void>;
}

/** What a backend may be able to do as well. A driver has the method or it does not: nothing is emulated. */
export interface Capabilities {
  /** Lists keys of a collection without expired ones, in code point order where the backend has an order. */
  listKeys(collection: string, page: DriverPage): Awaitable<Page>;
  /** Lists the collections that hold something. */
  listCollections(page: DriverPage): Awaitable<Page>;
  /** Removes a collection; true when it held something. */
  destroyCollection(collection: string): Awaitable<boolean>;
  /** Removes what the store owns and nothing else; true when there was something. */
  destroy(): Awaitable<boolean>;
  /** Reclaims expired entries and says how many. */
  cull(): Awaitable<number>;
  /**
   * Writes `next` (or removes, when it is `undefined`) if the live entry's version is `expected`, in one atomic step.
   *
   * An expired entry is absent: `expected: undefined` succeeds exactly when nothing live is there. A swap that the
   * backend's client sends again after a lost reply happens once, and its outcome stays the same.
   */
  swap(collection: string, key: string, expected: string | undefined, next: Entry | undefined): Awaitable<SwapResult>;
}

/** The name of something that a backend may be able to do as well. */
export type Capability = keyof Capabilities;

/** A driver with the capabilities `C`. */
export type Driver<C extends Capability = never> = BaseDriver & Pick<Capabilities, C>;

/** A driver whose capabilities are only known at run time. */
export type AnyDriver = BaseDriver & Partial<Capabilities>;

/** Which methods of a store each capability brings. */
export interface MethodNames {
  listKeys: "listKeys" | "keys";
  listCollections: "listCollections" | "collections";
  destroyCollection: "destroyCollection";
  destroy: "destroy";
  cull: "cull";
  swap:
    | "putIfAbsent"
    | "take"
    | "update"
    | "increment"
    | "touch"
    | "getWithVersion"
    | "putIfVersion"
    | "deleteIfVersion";
}

declare const made: unique symbol;

/**
 * Marks in the type, and only there, what `createStore` has made. TypeScript drops the methods of a class where an
 * object is spread, and that is right here: the driver knows nothing of a spread store's own methods.
 */
declare class Made<C extends Capability> {
  [made](): { readonly [K in C]: true };
}

/** A store with the methods of the capabilities `C` beside those of `AsyncKeyValue`. */
export type Store<C extends Capability = never> = AsyncKeyValue & Made<C> & Pick<CapabilityMethods, MethodNames[C]>;

/** The capabilities that a store or a driver has for sure; of a union those that all members have. */
export type CapabilitiesOf<T> = {
  [C in Capability]: [T] extends [Made<C>] ? C : [T] extends [Driver<C>] ? C : never;
}[Capability];
