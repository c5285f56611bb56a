import type { Address, Entry } from "./entry.ts";
import type { JsonValue } from "./json.ts";
import type { Operation } from "./operation.ts";
import type { AsyncKeyValue, CapabilityMethods, Page } from "./protocol.ts";

/** A value or a promise of it: a driver that needs no I/O may return the value itself. */
export type Awaitable<T> = T | PromiseLike<T>;

/** The outcome of a `swap`: the new version (for a removal, any string), or the current live entry. */
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

/** Returns the next entry: the same one changes nothing, `undefined` removes the entry. */
export type Change = (entry: Entry | undefined) => Awaitable<Entry | undefined>;

/** Changes the live entry at an address by a function, and returns the entry afterwards. */
export type Modify = (
  driver: Driver<"swap">,
  address: Address,
  change: Change,
  signal?: AbortSignal | undefined,
) => Promise<Entry | undefined>;

/** How to read. */
export interface ReadOptions {
  /** Bypass every cache and fallback, and read the entry that a `swap` will be compared with. */
  readonly fresh?: boolean | undefined;
  /** Return only the values: the entries may lack their times and version, so do not keep or write them. */
  readonly valueOnly?: boolean | undefined;
}

/** A page request, as passed to a driver: `limit` is a positive integer and a hard maximum. */
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
   * Whether a `swap` whose reply was lost may be called again with the same arguments: if it has happened, it returns `ok`
   * again. Leave it out if that is not so, or not known.
   */
  readonly repeatableSwap?: true | undefined;
  /**
   * The driver's own `read`, when nothing else holds the values that it returns and they are JSON for sure, such as values that
   * it has just parsed with a check for `Infinity`. The store then copies nothing. A wrapper with another `read` loses this.
   */
  readonly freshRead?: BaseDriver["read"] | undefined;
  /** Whether the driver may drop live entries, such as a memory store with `maxEntries`. Locks refuse such a store. */
  readonly lossy?: true | undefined;
  /** Whether listings may repeat a name on a later page. Iterators then remember the names that they have returned. */
  readonly repeatsNames?: true | undefined;
  /** The names of the operations that {@link BaseDriver.apply} knows. Only a driver with `swap` has it. */
  readonly operations?: { has(name: string): boolean } | undefined;
  /**
   * Applies an operation to the live entry under a key, in one atomic call. It does what `operation.run` does, by the backend's
   * clock if there is one. A backend that cannot run JavaScript recognises the operation by its name.
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
   * If the backend has a clock that all callers share, that clock decides, and the backend sends the time left: `expiresAt` is
   * then `Date.now()` plus that time.
   */
  read(collection: string, keys: readonly string[], options?: ReadOptions): Awaitable<readonly (Entry | undefined)[]>;
  /** Writes whole entries. One whose deadline has passed removes what is there. */
  write(collection: string, items: readonly (readonly [key: string, entry: Entry])[]): Awaitable<void>;
  /** Removes entries and counts those that had not expired. */
  remove(collection: string, keys: readonly string[]): Awaitable<number>;
  /**
   * Ends what the driver itself opened, never a client that was handed in. Calls then fail with code `unavailable`, and a second
   * `close` does nothing.
   */
  close?(): Awaitable<void>;
}

/** The optional capabilities of a backend. A driver has the method or it does not: nothing is emulated. */
export interface Capabilities {
  /** Lists keys of a collection without expired ones, in code point order if the backend has an order. */
  listKeys(collection: string, page: DriverPage): Awaitable<Page>;
  /** Lists the collections that hold something. */
  listCollections(page: DriverPage): Awaitable<Page>;
  /** Removes a collection; true when it held an entry that had not expired. */
  destroyCollection(collection: string): Awaitable<boolean>;
  /** Removes what the store owns and nothing else; true when there was an entry that had not expired. */
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

/** The name of a capability. */
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

/**
 * Marks the result of `createStore`, in its type alone. TypeScript drops the methods of a class when an object is spread, and
 * that is right here: the driver knows nothing of a spread store's own methods.
 */
export declare class Made<C extends Capability> {
  /** Exists in the type alone. Not a symbol: declarations of code that exports a store could not name it. */
  "~capabilities"(): { readonly [K in C]: true };
}

/** A store with the methods of the capabilities `C` beside those of `AsyncKeyValue`. */
export type Store<C extends Capability = never> = AsyncKeyValue & Made<C> & Pick<CapabilityMethods, MethodNames[C]>;

/** The capabilities that a store or driver certainly has; for a union, those that all members have. */
export type CapabilitiesOf<T> = {
  [C in Capability]: [T] extends [Made<C>] ? C : [T] extends [Driver<C>] ? C : never;
}[Capability];
